
/* ---- the list of bones ---- */

const sorting = { by: "verdict", down: false };
const filter = { review: false };

const sortKeys = {
	name: b => b.name.toLowerCase(),
	plane: b => planeOf(b) ?? -1,
	confidence: b => b.confidence ?? -1,
	verdict: b => rank(b) * 2 + (b.confidence ?? -1),
	state: b => ["untouched", "moved", "accepted", "corrected"].indexOf(stateOf(b)),
};

function cell(row, className) {
	const td = document.createElement("td");
	td.className = className;
	row.append(td);
	return td;
}

/* Names of a study differ at their end more often than at their beginning: where room is short, the
 * dots stand before the last letters. */
function nameInto(button, name) {
	for (const part of [name.slice(0, -8), name.slice(-8)]) {
		const span = document.createElement("span");
		span.textContent = part;
		button.append(span);
	}
}

function buildRow(bone) {
	const row = document.createElement("tr");
	const name = document.createElement("button");
	name.type = "button";
	nameInto(name, bone.name);
	name.setAttribute("aria-label", bone.name);
	name.title = bone.name;
	name.tabIndex = -1;
	row.className = "rank" + rank(bone);
	cell(row, "wide").append(name);
	bone.cells = { plane: cell(row, "number"), confidence: cell(row, "number"), verdict: cell(row, "verdict"),
		state: cell(row, "state") };
	bone.cells.confidence.textContent = confidenceText(bone);
	bone.cells.verdict.textContent = verdictOf(bone);
	row.addEventListener("click", () => show(bone, true));
	bone.row = row;
	bone.button = name;
}

function updateRow(bone) {
	bone.cells.plane.textContent = planeOf(bone) ?? "\u2013";
	bone.cells.state.textContent = bone.error ? "\u2013" : stateOf(bone);
	bone.row.dataset.state = stateOf(bone);
}

function visible(bone) {
	return !filter.review || rank(bone) < 3;
}

function ordered() {
	const key = sortKeys[sorting.by], sign = sorting.down ? -1 : 1;
	return [...bones].sort((a, b) => {
		const x = key(a), y = key(b);
		return x < y ? -sign : x > y ? sign : a.order - b.order;
	});
}

/* Bones as the list shows them; stays as it is while planes are decided, so that nothing jumps. */
let list = [];

function arrange() {
	const body = document.getElementById("rows");
	list = ordered().filter(visible);
	body.replaceChildren(...list.map(b => b.row));
	document.getElementById("nothing").hidden = list.length > 0;
	for (const button of document.querySelectorAll("[data-sort]")) {
		const here = button.dataset.sort === sorting.by;
		button.parentElement.setAttribute("aria-sort", !here ? "none" : sorting.down ? "descending" : "ascending");
	}
}

function sortBy(column) {
	sorting.down = sorting.by === column && !sorting.down;
	sorting.by = column;
	arrange();
}

function setFilter(on) {
	filter.review = on;
	document.getElementById("review-only").setAttribute("aria-pressed", String(on));
	arrange();
	if (list.length && !list.includes(current))
		show(list[0], false);
	else if (current)
		current.row.scrollIntoView({ block: "nearest" });
}

function summarize() {
	const count = test => bones.filter(test).length;
	const failed = count(b => b.error), review = count(b => !b.error && b.review.length);
	const parts = [bones.length - failed + (bones.length - failed === 1 ? " bone" : " bones"), review + " REVIEW"];
	if (failed)
		parts.push(failed + " failed");
	parts.push(count(b => b.decision.state === "accepted") + " accepted",
		count(b => b.decision.state === "corrected") + " corrected");
	const open = unsaved(), moved = drafts(), again = count(b => b.again === "an earlier visit");
	if (moved)
		parts.push(moved + " moved, not accepted");
	if (open)
		parts.push(open + " not exported yet");
	if (again)
		parts.push(again + (again === 1 ? " decision" : " decisions") + " of an earlier visit");
	document.getElementById("summary").textContent = parts.join(" \u00b7 ");
	document.body.classList.toggle("unsaved", open + moved > 0);
}

/* One row is in the order of tabs: the current one. */
function markRow(bone) {
	for (const b of bones) {
		const here = b === bone;
		b.row.classList.toggle("current", here);
		b.button.tabIndex = here ? 0 : -1;
		if (here)
			b.button.setAttribute("aria-current", "true");
		else
			b.button.removeAttribute("aria-current");
	}
	bone.row.scrollIntoView({ block: "nearest" });
}
