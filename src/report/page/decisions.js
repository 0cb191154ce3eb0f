
/* ---- what a person decided ----
 *
 * A plane that was moved is a draft until it is accepted: what counts, and is exported, is the last plane that was
 * accepted, or the one found. Decisions are kept in this browser under the page's own address and the content of the
 * scan: those of another page, or of another answer of the program, are shown, and taken over only by a person. The
 * same page in another tab writes the same records: they are read again before one is written. */

const KEPT = "gppi 2|";
const UNDO_MOST = 50;

/* Some browsers give pages from a file no memory of their own. */
const store = (() => {
	try {
		localStorage.setItem("gppi test", "1");
		localStorage.removeItem("gppi test");
		return localStorage;
	} catch {
		return null;
	}
})();

/* False if it is full: decisions then last as long as the page is open. */
function remember(key, text) {
	try {
		if (store)
			store.setItem(key, text);
		return Boolean(store);
	} catch {
		return false;
	}
}

function read(key) {
	try {
		return store && store.getItem(key);
	} catch {
		return null;
	}
}

function parsed(text) {
	try {
		const value = JSON.parse(text);
		return value && typeof value === "object" ? value : null;
	} catch {
		return null;
	}
}

function keyOf(bone) {
	return KEPT + location.pathname + "|" + bone.scan;
}

function fresh(bone) {
	return { state: "untouched", plane: bone.gppi, draft: null, found: bone.gppi, note: "", who: "", when: "", saved: true, past: [],
		earlier: null };
}

function isSlice(bone, z) {
	return Number.isInteger(z) && z >= 0 && z < bone.dims[2];
}

/* Plane, state and signature from memory; null where they are none. */
function checked(bone, old) {
	const decided = old.state === "accepted" || old.state === "corrected";
	if (!decided && old.state !== "untouched")
		return null;
	return { state: old.state, plane: decided && isSlice(bone, old.plane) ? old.plane : bone.gppi,
		draft: isSlice(bone, old.draft) ? old.draft : null, who: String(old.who || "").slice(0, 60),
		when: String(old.when || "").slice(0, 40), saved: old.saved === true };
}

/* A decision to offer: of another answer of the program, or of another page. */
function offer(bone, old, why) {
	const was = old && checked(bone, old);
	const good = was && was.state !== "untouched" && isSlice(bone, old.plane);
	return good ? { ...was, found: old.found ?? null, why: String(why).slice(0, 2000) } : null;
}

function sameAnswer(bone, old) {
	return (old.found ?? null) === bone.gppi;
}

function offerAnswer(bone, old) {
	return offer(bone, old, `when the program found ${old.found ?? "none"}`);
}

/* A record that makes sense for this bone, or null. */
function recordOf(bone, text) {
	const old = parsed(text), was = old && checked(bone, old);
	return was && (was.state === "untouched" || isSlice(bone, old.plane)) ? old : null;
}

/* The decision of an earlier visit to this page, or of another tab; of one on another answer or another page, what is
 * said of it. One on another answer stays in the record: a note or a move writes over its own. */
function recall(bone, from) {
	const d = bone.decision = fresh(bone);
	bone.earlier = null;
	bone.again = "";
	if (bone.error)
		return;
	bone.text = read(keyOf(bone)); // as it was last read or written here
	const old = recordOf(bone, bone.text);
	if (old) {
		if (typeof old.note === "string")
			d.note = old.note.slice(0, 200);
		d.earlier = offer(bone, old.earlier, old.earlier && old.earlier.why);
		if (sameAnswer(bone, old)) {
			Object.assign(d, checked(bone, old));
			d.past = (Array.isArray(old.past) ? old.past : []).map(p => p && checked(bone, p)).filter(Boolean).slice(-UNDO_MOST);
			bone.again = d.state !== "untouched" || d.draft !== null ? from : "";
		} else {
			// a tab with another answer may have written over a decision on this one
			if (d.earlier && sameAnswer(bone, d.earlier))
				Object.assign(d, checked(bone, d.earlier));
			bone.again = d.state !== "untouched" ? from : "";
			d.earlier = offerAnswer(bone, old) ?? d.earlier;
		}
	}
	bone.earlier = d.earlier ?? elsewhere(bone);
}

/* What is offered: nothing any more once a decision was made here; undo brings it back. */
function offered(bone) {
	return bone.decision.state === "untouched" ? bone.earlier : null;
}

/* As a person writes it; as it is where its bytes are no UTF-8. */
function readable(path) {
	try {
		return decodeURI(path);
	} catch {
		return path;
	}
}

/* The newest decision on the same scan in another page. */
function elsewhere(bone) {
	let best = null;
	for (let i = 0; store && i < store.length; i++) {
		const key = store.key(i);
		if (!key.startsWith(KEPT) || !key.endsWith("|" + bone.scan) || key === keyOf(bone))
			continue;
		const was = offer(bone, parsed(read(key)), "in " + readable(key.slice(KEPT.length, -bone.scan.length - 1)));
		if (was && (!best || was.when > best.when))
			best = was;
	}
	return best;
}

/* Also of what is untouched again: that, too, is to be exported, and other tabs are to know. */
function keep(bone) {
	const text = JSON.stringify(bone.decision);
	if (remember(keyOf(bone), text))
		bone.text = text;
}

/* Takes what another tab wrote since; true if a person sees something else then. A tab with another answer of the
 * program has decisions to offer. Records that are gone are no news: no page removes one. */
function catchUp(bone) {
	const text = bone.error ? null : read(keyOf(bone)), was = bone.decision, again = bone.again;
	const old = text === null || text === bone.text ? null : recordOf(bone, text);
	if (!old)
		return false;
	if (!sameAnswer(bone, old)) {
		const other = offerAnswer(bone, old);
		bone.text = text;
		if (other)
			bone.earlier = was.earlier = other;
		return Boolean(other);
	}
	recall(bone, "another tab");
	const seen = ["state", "plane", "draft", "note"].some(k => was[k] !== bone.decision[k]);
	if (!seen)
		bone.again = again;
	return seen;
}

/* The plane on screen: moved, decided or found. */
function planeOf(bone) {
	return bone.decision.draft ?? bone.decision.plane;
}

function stateOf(bone) {
	return bone.decision.draft === null ? bone.decision.state : "moved";
}

/* One step for undo. */
function step(bone) {
	const { state, plane, draft, who, when, saved } = bone.decision;
	bone.decision.past.push({ state, plane, draft, who, when, saved });
	bone.again = "";
	bone.decision.past.splice(0, bone.decision.past.length - UNDO_MOST);
}

/* saved: the row as it is now was exported, and so no row that undo leads back to; or no row was. */
function setSaved(d, saved) {
	d.saved = saved;
	for (const p of d.past)
		p.saved = false;
}

/* goesOn: of a movement whose step there is already. */
function movePlane(bone, plane, goesOn) {
	if (bone.error)
		return false;
	const news = catchUp(bone), d = bone.decision, to = Math.max(0, Math.min(bone.dims[2] - 1, Math.round(plane)));
	if (to === planeOf(bone))
		return false;
	if (!goesOn || news)
		step(bone);
	d.draft = to === d.plane ? null : to;
	keep(bone);
	return true;
}

/* Accepts what was on screen; false, and nothing is, if another tab has changed it. */
function acceptPlane(bone) {
	if (catchUp(bone))
		return false;
	const d = bone.decision, plane = planeOf(bone);
	if (bone.error || plane === null || (d.state !== "untouched" && d.draft === null))
		return true;
	step(bone);
	d.state = plane === bone.gppi ? "accepted" : "corrected";
	d.plane = plane;
	d.draft = null;
	d.who = document.getElementById("who").value.trim();
	d.when = new Date().toISOString().replace(/\.\d+Z$/, "Z");
	d.saved = false;
	keep(bone);
	return true;
}

/* As above; true if a person sees something else then. */
function undoStep(bone) {
	if (catchUp(bone))
		return true;
	const d = bone.decision, back = d.past.pop();
	if (!back)
		return false;
	Object.assign(d, back);
	keep(bone);
	return true;
}

/* True if another tab has changed the bone; its note then stands. */
function setNote(bone, text) {
	const before = bone.decision.note, news = catchUp(bone);
	if (bone.decision.note === before) {
		bone.decision.note = text;
		setSaved(bone.decision, false);
		keep(bone);
	}
	return news;
}

function unsaved() {
	return bones.filter(b => !b.decision.saved).length;
}

function drafts() {
	return bones.filter(b => b.decision.draft !== null).length;
}
