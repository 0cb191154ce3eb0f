
/* ---- one bone on screen, keys, controls ---- */

function redraw() {
	drawHead();
	drawFacts();
	drawDecision();
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
		at = bone.decision.plane === null ? bone.slices.length >> 1 : nearestSlice(bone, bone.decision.plane);
		loadViews();
	}
	markRow(bone);
	redraw();
	if (focus)
		element("bone").focus({ preventScroll: true });
}

/* Sets the plane; the slice shown follows. */
function change(plane) {
	movePlane(current, plane);
	at = nearestSlice(current, current.decision.plane);
	redraw();
}

function movePlaneBy(by) {
	if (current.error)
		return;
	change(current.decision.plane === null ? current.slices[at] : current.decision.plane + by);
}

function planeHere() {
	if (!current.error)
		change(current.slices[at]);
}

function accept(goOn) {
	acceptPlane(current);
	redraw();
	if (goOn)
		go(1);
}

function undo() {
	if (current.error || current.decision.state === "untouched")
		return;
	decide(current, "untouched", current.gppi);
	at = current.gppi === null ? current.slices.length >> 1 : nearestSlice(current, current.gppi);
	redraw();
}

function go(by) {
	const i = list.indexOf(current), to = list[i < 0 ? 0 : i + by];
	if (to)
		show(to, true);
}

function planeOnScreen() {
	if (!current.error && current.decision.plane !== null) {
		at = nearestSlice(current, current.decision.plane);
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

function exportNow() {
	exportCsv();
	summarize();
}

const keyActions = {
	ArrowLeft: () => stepSlice(-1), ArrowRight: () => stepSlice(1),
	ArrowUp: e => movePlaneBy(e.shiftKey ? -10 : -1), ArrowDown: e => movePlaneBy(e.shiftKey ? 10 : 1),
	Home: planeOnScreen, s: planeHere, Enter: e => accept(e.shiftKey), Backspace: undo, Delete: undo,
	n: () => go(1), p: () => go(-1), f: () => setFilter(!filter.review), e: exportNow, "?": () => toggleHelp(),
	Escape: () => toggleHelp(false),
};

/* Keys that a control needs itself. */
function ownKey(target, key) {
	if (target.matches("#who, #note"))
		return key !== "Escape";
	if (target.matches("#plane"))
		return !["ArrowUp", "ArrowDown", "Escape"].includes(key);
	if (target.matches("button"))
		return key === "Enter" && target !== current.button;
	return false;
}

function onKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || !current || event.isComposing)
		return;
	const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
	const action = keyActions[key];
	if (!action || ownKey(event.target, event.key))
		return;
	event.preventDefault();
	action(event);
}

function takePlane() {
	const text = element("plane").value.trim();
	const good = /^\d{1,6}$/.test(text) && Number(text) < current.dims[2];
	if (good)
		change(Number(text));
	element("plane").value = current.decision.plane ?? "";
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
		if (event.key === "Enter")
			takePlane();
	});
	element("note").addEventListener("input", () => {
		setNote(current, element("note").value);
		summarize();
	});
	element("who").addEventListener("input", () => remember("gppi who", element("who").value));
	addEventListener("beforeunload", event => {
		if (unsaved())
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
	listen();
	arrange();
	summarize();
	if (list.length)
		show(list.find(b => !b.error) || list[0], true);
	else
		document.body.classList.add("empty");
}

start();
