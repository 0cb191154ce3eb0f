
/* ---- one bone on screen, keys, controls ---- */

function redraw() {
	drawHead();
	drawFacts();
	drawDecision();
	drawMeasures();
	if (!current.error) {
		drawSlice();
		drawViews();
	}
	updateRow(current);
	summarize();
}

function show(bone, focus) {
	if (document.activeElement && ["plane", "note"].includes(document.activeElement.id))
		document.activeElement.blur();
	current = bone;
	urls = pictures(bone);
	element("bone").classList.toggle("failed", Boolean(bone.error));
	if (!bone.error) {
		at = planeOf(bone) === null ? bone.slices.length >> 1 : nearestSlice(bone, planeOf(bone));
		asked = null;
		loadViews();
	}
	markRow(bone);
	redraw();
	if (focus)
		element("bone").focus({ preventScroll: true });
}

/* Moves the plane; the slice shown follows. goesOn: as in movePlane(). */
function change(plane, goesOn) {
	const moved = movePlane(current, plane, goesOn);
	planeOnScreen();
	return moved;
}

function movePlaneBy(by) {
	if (!current.error)
		change(planeOf(current) === null ? current.slices[at] : planeOf(current) + by);
}

function planeHere() {
	if (!current.error)
		change(current.slices[at]);
}

function accept(goOn) {
	if (!acceptPlane(current))
		return planeOnScreen();
	redraw();
	if (goOn)
		go(1);
}

function undo() {
	if (undoStep(current))
		planeOnScreen();
}

/* What was decided elsewhere becomes a move here, to be accepted by who looks at it now. */
function takeOver() {
	const earlier = offered(current);
	if (earlier)
		change(earlier.plane);
	element("bone").focus({ preventScroll: true });
}

function go(by) {
	const i = list.indexOf(current), to = list[i < 0 ? 0 : i + by];
	if (to)
		show(to, true);
}

function planeOnScreen() {
	if (!current.error) {
		const plane = planeOf(current);
		at = plane === null ? current.slices.length >> 1 : nearestSlice(current, plane);
		asked = null;
		redraw();
	}
}

function toggleHelp(on) {
	const help = element("help"), open = on ?? help.hidden;
	if (help.hidden === !open)
		return;
	help.hidden = !open;
	element("keys").setAttribute("aria-expanded", String(open));
	(open ? help : element("keys")).focus();
}

/* Bones as other tabs left them; those in moved look otherwise. */
function othersDecided(moved) {
	moved.forEach(updateRow);
	if (moved.includes(current))
		planeOnScreen();
	else if (current)
		redraw();
}

function exportNow() {
	othersDecided(exportCsv());
}

const keyActions = {
	ArrowLeft: () => stepSlice(-1), ArrowRight: () => stepSlice(1),
	ArrowUp: e => e.shiftKey ? movePlaneBy(-1) : go(-1), ArrowDown: e => e.shiftKey ? movePlaneBy(1) : go(1),
	PageUp: () => movePlaneBy(-10), PageDown: () => movePlaneBy(10),
	Home: planeOnScreen, s: planeHere, Enter: e => accept(e.shiftKey), Backspace: undo, Delete: undo,
	n: () => go(1), p: () => go(-1), f: () => setFilter(!filter.review), e: exportNow, "?": () => toggleHelp(), m: () => toggleMeasures(),
	Escape: () => { toggleHelp(false); toggleMeasures(false); },
};

/* Keys that a control needs itself. */
function ownKey(target, key) {
	if (target.matches("#who, #note, #plane"))
		return key !== "Escape";
	if (target.matches("button"))
		return key === "Enter" && target !== current.button;
	return false;
}

function onKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || !current || event.isComposing)
		return;
	const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
	const action = keyActions[key];
	if (!action || ownKey(event.target, event.key) || (key.startsWith("Page") && !event.shiftKey))
		return;
	event.preventDefault();
	action(event);
}

function takePlane() {
	const text = element("plane").value.trim();
	const good = /^\d{1,6}$/.test(text) && Number(text) < current.dims[2];
	if (good)
		change(Number(text));
	element("plane").value = planeOf(current) ?? "";
	if (!good && text)
		element("change").textContent = `slices are 0 to ${current.dims[2] - 1}`;
}

function listen() {
	document.addEventListener("keydown", onKey);
	for (const button of document.querySelectorAll("[data-sort]"))
		button.addEventListener("click", () => sortBy(button.dataset.sort));
	element("review-only").addEventListener("click", () => setFilter(!filter.review));
	element("export").addEventListener("click", exportNow);
	element("keys").addEventListener("click", () => toggleHelp());
	element("measures-button").addEventListener("click", () => toggleMeasures());
	element("measures-close").addEventListener("click", () => toggleMeasures(false));
	element("accept").addEventListener("click", () => accept(false));
	element("reset").addEventListener("click", undo);
	element("previous").addEventListener("click", () => go(-1));
	element("next").addEventListener("click", () => go(1));
	element("here").addEventListener("click", planeHere);
	element("step").addEventListener("input", () => stepSlice(Number(element("step").value) - at));
	element("slice-frame").addEventListener("wheel", event => {
		event.preventDefault();
		stepSlice(Math.sign(event.deltaY));
	}, { passive: false });
	element("plane").addEventListener("change", takePlane);
	element("plane").addEventListener("keydown", event => {
		if (event.key !== "Enter")
			return;
		takePlane();
		if (!element("change").textContent.startsWith("slices are"))
			element("bone").focus({ preventScroll: true });
	});
	element("take").addEventListener("click", takeOver);
	element("note").addEventListener("input", () => {
		if (setNote(current, element("note").value))
			planeOnScreen();
		summarize();
	});
	element("who").addEventListener("input", () => remember("gppi who", element("who").value));
	addEventListener("storage", event => {
		const written = bones.filter(b => keyOf(b) === event.key);
		if (written.length)
			othersDecided(written.filter(catchUp));
	});
	addEventListener("beforeunload", event => {
		if (unsaved() || drafts())
			event.preventDefault();
	});
}

function start() {
	const { version, written } = document.body.dataset;
	loadBones();
	buildViews();
	bones.forEach(buildRow);
	bones.forEach(updateRow);
	try {
		element("who").value = store && store.getItem("gppi who") || "";
	} catch {
		/* stays empty */
	}
	element("kept").textContent = `Made by gppi ${version} on ${written}. ` + (store ?
		"Decisions are kept in this browser; export them to hand them on." :
		"This browser keeps no decisions for this page: export them before you close it.");
	const from = [...new Set(bones.map(b => b.trained_on).filter(Boolean))].join("; ");
	element("foot").textContent = `gppi ${version}, ${written}` + (from ? `. Networks trained on ${from}: ` +
		"check them on bones whose plane you know." : ".");
	listen();
	arrange();
	summarize();
	if (list.length)
		show(list.find(b => !b.error) || list[0], true);
	else
		document.body.classList.add("empty");
}

start();
