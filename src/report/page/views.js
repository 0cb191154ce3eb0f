
/* ---- views along the bone, slices, facts ---- */

const GRAB = 8; // pixels of the screen
const SVG = "http://www.w3.org/2000/svg";
const viewNames = ["along x", "diagonal", "along y"];
const views = [];   // one object of elements for each view
let current = null; // bone on screen
let urls = [];      // its pictures
let at = 0;         // place of the slice shown in current.slices
let asked = null;   // a slice that was asked for and is not in this page

const element = id => document.getElementById(id);

function svg(name, parent, className) {
	const e = document.createElementNS(SVG, name);
	if (className)
		e.setAttribute("class", className);
	parent.append(e);
	return e;
}

function set(e, attributes) {
	for (const [name, value] of Object.entries(attributes))
		e.setAttribute(name, value);
}

function buildViews() {
	for (const name of viewNames) {
		const root = svg("svg", element("views"), "view");
		root.setAttribute("role", "img");
		const v = { root, name, image: svg("image", root), voi: svg("rect", root, "voi"),
			outer: svg("path", root, "outer"), inner: svg("path", root, "inner"),
			ticks: svg("g", root), shown: svg("line", root, "shown"), found: svg("line", root, "found"),
			plane: svg("line", root, "plane"), number: svg("text", root, "number"),
			top: svg("text", root, "label"), bottom: svg("text", root, "label") };
		views.push(v);
		root.addEventListener("pointerdown", event => {
			if (event.button !== 0 || !current || current.error)
				return;
			root.setPointerCapture(event.pointerId);
			v.dragged = isOnPlane(v, event) ? { moved: false } : null;
			if (!v.dragged)
				showSlice(sliceAt(v, event));
			event.preventDefault();
			element("bone").focus({ preventScroll: true });
		});
		root.addEventListener("pointermove", event => {
			if (!current || current.error)
				return;
			if (!root.hasPointerCapture(event.pointerId))
				root.classList.toggle("grab", isOnPlane(v, event));
			else if (!v.dragged)
				showSlice(sliceAt(v, event));
			else if (change(sliceAt(v, event), v.dragged.moved))
				v.dragged.moved = true;
		});
	}
	new ResizeObserver(() => current && drawViews()).observe(element("views"));
}

/* Where in the bone the pointer is. */
function sliceAt(v, event) {
	const matrix = v.root.getScreenCTM();
	if (!matrix)
		return current.slices[at];
	const y = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()).y;
	return Math.max(0, Math.min(current.dims[2] - 1, Math.floor(y * current.dims[2] / current.view[1])));
}

/* The line of the plane can be dragged from a few pixels away. */
function isOnPlane(v, event) {
	const matrix = v.root.getScreenCTM(), plane = planeOf(current);
	if (!matrix || plane === null)
		return false;
	const y = (plane + 0.5) * current.view[1] / current.dims[2];
	return Math.abs(new DOMPoint(0, y).matrixTransform(matrix).y - event.clientY) <= GRAB;
}

function drawTicks(v, w, y, unit) {
	v.ticks.replaceChildren();
	for (const c of current.candidates)
		for (const x of [0, w - 9 * unit])
			set(svg("rect", v.ticks, c.kind), { x, y: y(c.plane) - 1.5 * unit, width: 9 * unit, height: 3 * unit });
}

/* A line across the view; null hides it. */
function drawLine(line, w, y, z) {
	line.setAttribute("visibility", z === null ? "hidden" : "visible");
	if (z !== null)
		set(line, { x1: 0, x2: w, y1: y(z), y2: y(z) });
}

function drawView(v, i) {
	const b = current, [w, h] = b.view, plane = planeOf(b), voi = voiOf(b, plane);
	const y = z => (z + 0.5) * h / b.dims[2];
	const unit = 1 / (Math.abs(v.root.getScreenCTM()?.a) || 1); // one pixel of the screen
	v.voi.setAttribute("visibility", voi ? "visible" : "hidden");
	if (voi)
		set(v.voi, { x: w / 8, width: w * 3 / 4, y: y(voi.first - 0.5), height: y(voi.last + 0.5) - y(voi.first - 0.5) });
	drawOutlines(v, i);
	drawTicks(v, w, y, unit);
	drawLine(v.shown, w, y, b.slices[at] === plane ? null : b.slices[at] ?? null);
	drawLine(v.found, w, y, b.gppi === plane ? null : b.gppi);
	drawLine(v.plane, w, y, plane);
	v.number.textContent = plane ?? "";
	const high = plane !== null && y(plane) > 24 * unit;
	set(v.number, { x: w - 12 * unit, y: plane === null ? 0 : y(plane) + (high ? -5 : 15) * unit, "font-size": 13 * unit });
	v.top.textContent = (b.shaft_first ? "shaft" : "knee") + " \u00b7 " + v.name;
	v.bottom.textContent = b.shaft_first ? "knee" : "shaft";
	set(v.top, { x: 6 * unit, y: 15 * unit, "font-size": 12 * unit });
	set(v.bottom, { x: 6 * unit, y: h - 6 * unit, "font-size": 12 * unit });
	v.root.setAttribute("aria-label", "View " + v.name + (plane === null ? ", no plane" : ", plane at slice " + plane) +
		(voi ? ", VOI " + voi.first + " to " + voi.last : ""));
}

function drawViews() {
	if (!current.error)
		views.forEach(drawView);
}

function loadViews() {
	views.forEach((v, i) => {
		const [w, h] = current.view;
		set(v.root, { viewBox: `0 0 ${w} ${h}` });
		set(v.image, { width: w, height: h, href: urls[i] || "" });
	});
}

/* ---- slices ---- */

function nearestSlice(bone, z) {
	let best = 0;
	bone.slices.forEach((s, i) => {
		if (Math.abs(s - z) < Math.abs(bone.slices[best] - z))
			best = i;
	});
	return best;
}

function sliceWords(bone, z) {
	const plane = planeOf(bone);
	if (plane === null)
		return "slice " + z;
	const d = z - plane, shaft = bone.shaft_first ? d < 0 : d > 0;
	return d === 0 ? `slice ${z}, the plane` : `slice ${z}, ${Math.abs(d)} towards the ${shaft ? "shaft" : "knee"}`;
}

function drawSlice() {
	const b = current, z = b.slices[at], plane = planeOf(b);
	const away = plane !== null && !b.slices.includes(plane);
	element("slice").src = urls[viewNames.length + at] || "";
	element("slice").alt = "Slice " + z + " across the bone";
	element("slice-frame").classList.toggle("on-plane", z === plane);
	element("slice-text").textContent = sliceWords(b, z);
	element("step").max = b.slices.length - 1;
	element("step").value = at;
	element("step").setAttribute("aria-valuetext", sliceWords(b, z));
	const absent = asked ?? (away ? plane : null);
	element("missing").hidden = absent === null;
	element("missing").textContent = absent === null ? "" :
		`Slice ${absent} is not in this page, which keeps ${b.slices[0]} to ${b.slices.at(-1)}; this is ${z}.`;
	element("here").disabled = z === plane;
}

function stepSlice(by) {
	if (!current || current.error)
		return;
	at = Math.max(0, Math.min(current.slices.length - 1, at + by));
	asked = null;
	drawSlice();
	drawViews();
}

/* Shows a slice, or the nearest there is; changes nothing. */
function showSlice(z) {
	at = nearestSlice(current, z);
	asked = current.slices[at] === z ? null : z;
	drawSlice();
	drawViews();
}

/* ---- facts ---- */

function fact(name, text, className) {
	const dt = document.createElement("dt"), dd = document.createElement("dd"), box = document.createElement("div");
	dt.textContent = name;
	dd.textContent = text;
	if (className)
		dt.className = className;
	box.append(dt, dd);
	element("facts").append(box);
}

function drawFacts() {
	const b = current, plane = planeOf(b), mm = millimetres(b, plane), voi = voiOf(b, plane);
	element("facts").replaceChildren();
	if (!b.error) {
		fact("GPPI", plane === null ? "none" : mm === null ? plane : `${plane} \u00b7 ${mm.toFixed(3)} mm`);
		fact("VOI", (voi ? `${voi.first} to ${voi.last}${voi.cut ? ", cut at the scan's end" : ""}` : "none") + ` (${b.voi.asked})`, "voi");
		for (const c of b.candidates)
			fact(c.name, c.plane.toFixed(1), c.kind);
		measuredFacts(b);
		fact("scan", `${b.dims.join(" \u00d7 ")}, ${b.spacing_um[2]} \u00b5m ${b.spacing_known}, ${b.format}`);
	}
	if (b.holder)
		fact("holder", `bone ${b.holder.bone} of ${b.holder.bones}, at x ${b.holder.x}, y ${b.holder.y}`);
	for (const [name, key] of [["patient", "patient_id"], ["sample", "sample"], ["measurement", "measurement"], ["date", "date"]])
		if (b.identity && b.identity[key])
			fact(name, b.identity[key]);
	fact("file", b.input);
}

function drawHead() {
	const b = current;
	element("name").textContent = b.name;
	element("verdict").textContent = b.error ? "failed" : `${verdictOf(b)} \u00b7 confidence ${confidenceText(b)}`;
	element("verdict").className = "chip rank" + rank(b);
	element("state").textContent = stateOf(b) === "moved" ? "moved, not accepted" : stateOf(b);
	element("state").className = "chip " + stateOf(b);
	element("state").hidden = Boolean(b.error);
	element("reasons").replaceChildren(...b.review.map(r => {
		const li = document.createElement("li");
		li.textContent = r;
		return li;
	}));
}

function signed(d) {
	return (d.who ? " by " + d.who : "") + (d.when ? ", " + d.when.slice(0, 10) : "");
}

/* What was decided before, here or in another page. */
function drawEarlier() {
	const b = current, e = offered(b);
	element("earlier").hidden = !e && !b.again;
	element("take").hidden = !e || e.plane === planeOf(b);
	element("earlier-text").textContent = e ? `Slice ${e.plane} was ${e.state} ${e.why}${signed(e)}.` : b.again ?
		`Kept from ${b.again}${signed(b.decision)}.` : "";
}

function drawDecision() {
	const b = current, d = b.decision, plane = planeOf(b);
	if (document.activeElement !== element("plane"))
		element("plane").value = plane ?? "";
	if (element("note").value !== d.note)
		element("note").value = d.note;
	element("change").textContent = plane === b.gppi ? "" : b.gppi === null ? "the program found none" :
		`found ${b.gppi}, moved by ${plane > b.gppi ? "+" : "\u2212"}${Math.abs(plane - b.gppi)}`;
	for (const id of ["plane", "note", "accept", "reset"])
		element(id).disabled = Boolean(b.error);
	element("accept").disabled = Boolean(b.error) || plane === null || (d.state !== "untouched" && d.draft === null);
	element("reset").disabled = Boolean(b.error) || !d.past.length;
	drawEarlier();
}
