"use strict";

/* ---- what the program found ---- */

const bones = []; // in the order of the run

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
		bone.scan = bone.id + (count > 1 ? " " + count : "");
		bone.source = next && next.classList.contains("pictures") ? next : null;
		recall(bone, "an earlier visit");
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

/* ---- the table, the challenge's columns first ---- */

/* As in the program's tables: what a spreadsheet would take for a formula is text, numbers stay. */
function csvField(value) {
	let text = value === null || value === undefined ? "" : String(value);
	text = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "?");
	const formula = typeof value !== "number" && /^ *[=+\-@\t\r]/.test(text) && !/^ *[+-]\d+(\.\d*)?$/.test(text);
	const cell = formula ? "'" + text : text;
	return /^ |[",\r\n\t]/.test(text) ? '"' + cell.replace(/"/g, '""') + '"' : cell;
}

const csvHead = ["Image Name", "Growth Plate Index", "Original plane", "State", "Who", "When", "Note", "Confidence", "Review",
	"VOI first", "VOI last", "Input", "Moved to", "Patient ID", "Sample", "Measurement", "Date", "Status", "Error"];

function csvRow(bone) {
	const d = bone.decision, voi = voiOf(bone, d.plane), who = bone.identity;
	if (bone.error)
		return [bone.name, "", "", "", "", "", d.note, "", "", "", "", bone.input, "", "", "", "", "", "failed",
			bone.error];
	return [bone.name, d.plane, bone.gppi, d.state, d.who, d.when, d.note, bone.confidence, bone.review.join("; "),
		voi && voi.first, voi && voi.last, bone.input, d.draft, who.patient_id, who.sample,
		who.measurement, who.date, bone.gppi === null ? "none" : verdictOf(bone), ""];
}

function csvText() {
	return [csvHead, ...bones.map(csvRow)].map(l => l.map(csvField).join(",") + "\n").join("");
}

/* Bones that other tabs have changed; what they decided is exported as well. */
function exportCsv() {
	const changed = bones.filter(catchUp);
	const url = URL.createObjectURL(new Blob([csvText()], { type: "text/csv;charset=utf-8" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = "planes-reviewed.csv";
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
	for (const b of bones) {
		if (b.decision.saved && b.decision.draft === null)
			continue;
		setSaved(b.decision, true);
		keep(b);
	}
	return changed;
}
