"use strict";

/* ---- what the program found, and what a person decided ---- */

const bones = []; // in the order of the run

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

function remember(key, text) {
	try {
		if (store)
			store.setItem(key, text);
	} catch {
		/* full: decisions last as long as the page is open */
	}
}

function fresh(bone) {
	return { state: "untouched", plane: bone.gppi, note: "", who: "", when: "", saved: true };
}

/* A decision from an earlier visit; whatever is not one is ignored. */
function recall(bone) {
	const d = fresh(bone);
	let old = null;
	try {
		old = JSON.parse(store && store.getItem(bone.key) || "null");
	} catch {
		return d;
	}
	if (!old || typeof old !== "object" || bone.error)
		return d;
	const known = Number.isInteger(old.plane) && old.plane >= 0 && old.plane < bone.dims[2];
	if (typeof old.note === "string")
		d.note = old.note.slice(0, 200);
	d.who = String(old.who || "").slice(0, 60);
	d.when = String(old.when || "").slice(0, 40);
	if (known && (old.state === "accepted" || old.state === "corrected")) {
		d.state = old.state;
		d.plane = old.plane;
	}
	d.saved = old.saved === true;
	return d;
}

function loadBones() {
	const seen = new Map();
	for (const node of document.querySelectorAll("script.bone")) {
		const bone = JSON.parse(node.textContent);
		const next = node.nextElementSibling;
		const count = (seen.get(bone.id) || 0) + 1;
		seen.set(bone.id, count);
		if (bone.error) {
			bone.gppi = null;
			bone.review = [bone.error];
			bone.confidence = null;
		}
		bone.order = bones.length;
		bone.key = "gppi " + bone.id + (count > 1 ? " " + count : "");
		bone.source = next && next.classList.contains("pictures") ? next : null;
		bone.decision = recall(bone);
		bones.push(bone);
	}
}

/* Addresses of a bone's pictures: the views along it, then its slices. Made anew for each visit, so
 * that a hundred bones take no more memory than their text. */
function pictures(bone) {
	if (!bone.source)
		return [];
	return JSON.parse(bone.source.textContent).map(p => "data:image/jpeg;base64," + p);
}

function voiOf(bone, plane) {
	if (bone.error || plane === null)
		return null;
	const near = plane + bone.voi.step * bone.voi.offset;
	const far = near + bone.voi.step * (bone.voi.count - 1);
	const first = Math.max(Math.min(near, far), 0);
	const last = Math.min(Math.max(near, far), bone.dims[2] - 1);
	return first > last ? null : { first, last, cut: last - first + 1 < bone.voi.count };
}

function millimetres(bone, plane) {
	if (bone.error || plane === null || bone.spacing_known === "assumed")
		return null;
	return plane * bone.spacing_um[2] / 1000;
}

/* Never 1.00 for a doubtful 0.999, as in the text output. */
function confidenceText(bone) {
	return bone.confidence === null ? "\u2013" : (Math.floor(bone.confidence * 100 + 1e-6) / 100).toFixed(2);
}

function verdictOf(bone) {
	return bone.error ? "failed" : bone.review.length ? "REVIEW" : "ok";
}

/* 0 is worst. */
function rank(bone) {
	return bone.error ? 0 : bone.gppi === null ? 1 : bone.review.length ? 2 : 3;
}

/* ---- decisions ---- */

function keep(bone) {
	const d = bone.decision;
	if (d.state === "untouched" && !d.note) {
		try {
			if (store)
				store.removeItem(bone.key);
		} catch {
			/* nothing to forget */
		}
		return;
	}
	remember(bone.key, JSON.stringify(d));
}

function decide(bone, state, plane) {
	const d = bone.decision;
	d.state = state;
	d.plane = plane;
	d.who = state === "untouched" ? "" : document.getElementById("who").value.trim();
	d.when = state === "untouched" ? "" : new Date().toISOString().replace(/\.\d+Z$/, "Z");
	d.saved = state === "untouched" && !d.note;
	keep(bone);
}

function movePlane(bone, plane) {
	if (bone.error)
		return;
	const to = Math.max(0, Math.min(bone.dims[2] - 1, Math.round(plane)));
	if (to !== bone.decision.plane)
		decide(bone, to === bone.gppi ? "untouched" : "corrected", to);
}

function acceptPlane(bone) {
	if (!bone.error && bone.decision.plane !== null)
		decide(bone, bone.decision.plane === bone.gppi ? "accepted" : "corrected", bone.decision.plane);
}

function setNote(bone, text) {
	bone.decision.note = text;
	bone.decision.saved = false;
	keep(bone);
}

function unsaved() {
	return bones.filter(b => !b.decision.saved).length;
}

/* ---- the table, the challenge's columns first ---- */

function csvField(value) {
	const text = value === null || value === undefined ? "" : String(value);
	return /^ |[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

function csvText() {
	const lines = [["Image Name", "Growth Plate Index", "Original plane", "State", "Who", "When", "Note",
		"Confidence", "Review", "VOI first", "VOI last", "Input"]];
	for (const b of bones) {
		if (b.error)
			continue; // as in the program's own table
		const d = b.decision, voi = voiOf(b, d.plane);
		lines.push([b.name, d.plane, b.gppi, d.state, d.who, d.when, d.note, b.confidence,
			b.review.join("; "), voi && voi.first, voi && voi.last, b.input]);
	}
	return lines.map(l => l.map(csvField).join(",") + "\n").join("");
}

function exportCsv() {
	const url = URL.createObjectURL(new Blob([csvText()], { type: "text/csv;charset=utf-8" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = "planes-reviewed.csv";
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
	for (const b of bones) {
		b.decision.saved = true;
		keep(b);
	}
}
