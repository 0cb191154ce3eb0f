
/* ---- measures of a VOI ---- */

const shortList = ["BV/TV", "Tb.Th", "Tb.Sp", "Ct.Th"]; // among the facts

/* Outlines are those of the plane that was measured. */
function outlined(bone) {
	return Boolean(bone.measured) && !bone.error && planeOf(bone) === bone.gppi;
}

/* A closed path around columns `left` to `right` of the rows; where a row has none, it ends. */
function around(outline, left, right) {
	const rows = outline.rows.map((r, i) => [r[left], r[right] + 1, outline.top + i]).filter(r => r[0] >= 0);
	const down = rows.flatMap(([x, , y]) => [[x, y], [x, y + 1]]), up = rows.flatMap(([, x, y]) => [[x, y], [x, y + 1]]).reverse();
	return rows.length ? "M" + [...down, ...up].map(p => p.join(" ")).join("L") + "Z" : "";
}

function drawOutlines(v, i) {
	const on = outlined(current), outline = on ? current.measured.outline[i] : null;
	v.outer.setAttribute("d", on ? around(outline, 0, 3) : "");
	v.inner.setAttribute("d", on ? around(outline, 1, 2) : "");
	if (on)
		v.voi.setAttribute("visibility", "hidden");
}

function valueText(m) {
	return m.value === null ? "\u2013" : `${m.value} ${m.unit}`.trim();
}

/* What an error of the plane does to it. */
function rangeText(m) {
	return m.low === null || m.high === null || m.value === null ? "" : `${m.low} to ${m.high}`;
}

function measuredFacts(bone) {
	for (const m of bone.measured ? bone.measured.values : [])
		if (shortList.includes(m.name))
			fact(m.name, valueText(m));
}

function drawMeasures() {
	const measured = current && current.measured;
	element("measures-button").hidden = !measured;
	if (!measured) {
		element("measures").hidden = true;
		return;
	}
	element("measures-picture").src = urls.at(-1) || "";
	element("measures-rows").replaceChildren(...measured.values.map(m => {
		const row = document.createElement("tr");
		for (const text of [m.name, valueText(m), m.value === null ? m.why : rangeText(m), m.value === null ? "" : m.per_plane ?? ""]) {
			const td = document.createElement("td");
			td.textContent = text;
			row.append(td);
		}
		return row;
	}));
}

function toggleMeasures(on) {
	const panel = element("measures"), open = on ?? panel.hidden;
	if (panel.hidden === !open || (open && !(current && current.measured)))
		return;
	panel.hidden = !open;
	element("measures-button").setAttribute("aria-expanded", String(open));
	(open ? panel : element("measures-button")).focus();
}
