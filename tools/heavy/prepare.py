"""What each heavy network is shown, and what its answers mean: the definition that src/heavy is checked against.

A volume is float32 Hounsfield units of 10 um voxels, [x, y, z], distal end first. `network` is a function from an
input (float32, batch first) to a list of output arrays. Every function returns (plane, answers): the canonical
plane, unrounded, nan where none is seen, and all answers in the order they were given. Where the published script
and this differ, domain.md says why: the whole bone is searched (SN), BM keeps the half, MH has the coarse pass of
the paper and fixed draws, CW crops to its own bone.
"""
import numpy as np

NEAR = 20


def fit(n, wanted, extra=0):
    """Slices of the wanted axis and of the volume's: cropped or padded about the middle."""
    before = (abs(n - wanted) + extra) // 2
    if n < wanted:
        return slice(before, before + n), slice(0, n)
    return slice(0, wanted), slice(before, before + wanted)


def fitted(v, sides, extra=0):
    out = np.zeros(sides + v.shape[2:], np.float32)
    (tx, fx), (ty, fy) = (fit(v.shape[i], sides[i], extra) for i in range(2))
    out[tx, ty] = v[fx, fy]
    return out


def blocks(v, factor):
    """Means of factor x factor blocks of the first two axes."""
    a, b = v.shape[0] // factor, v.shape[1] // factor
    return v.reshape(a, factor, b, factor, *v.shape[2:]).mean((1, 3), dtype=np.float32)


# ---- BM ----

def bm_slices(v, pixels=224):
    """[pixels, pixels, z], 0..1."""
    factor = 448 // pixels
    scaled = np.clip((v + np.float32(100)) / np.float32(3271), 0, 1)
    margin = 16 // factor
    return blocks(fitted(scaled, (480, 480)), factor)[margin:margin + pixels, margin:margin + pixels]


def bm(v, network, near=None, stride=1, pixels=224):
    first, last = 0, v.shape[2] - 64
    if near is not None:
        first = max(first, int(np.ceil(near - NEAR - 31.5)))
        last = min(last, int(np.floor(near + NEAR - 31.5)))
    images = bm_slices(v[:, :, first:last + 64], pixels).transpose(2, 0, 1)
    starts = range(first, last + 1, stride)
    answers = [float(network(images[None, s - first:s - first + 64])[0][0, 0]) for s in starts]
    return starts[int(np.argmax(answers))] + 31.5, answers


# ---- SN ----

def sn_window(v, start):
    """[32, 224, 224]; None where a window shows nothing."""
    c = np.clip(v[:, :, start:start + 64], -1000, 4000)
    even = c[:c.shape[0] // 2 * 2, :c.shape[1] // 2 * 2]
    half = blocks(even, 2).reshape(even.shape[0] // 2, even.shape[1] // 2, 32, 2).mean(3, dtype=np.float32)
    # the published resampling makes one voxel more of an odd side, and leaves it 0
    whole = np.zeros(((v.shape[0] + 1) // 2, (v.shape[1] + 1) // 2, 32), np.float32)
    whole[:half.shape[0], :half.shape[1]] = half
    w = fitted(whole, (224, 224), 1)
    bright = w[w > np.float32(w.mean(dtype=np.float64))].astype(np.float64)
    if bright.size < 2 or bright.std() == 0:
        return None
    return ((w - bright.mean()) / bright.std(ddof=1)).astype(np.float32).transpose(2, 0, 1)


def sn(v, network, near=None, stride=32):
    best, plane, answers = -np.inf, np.nan, []
    for start in range(0, v.shape[2] - 63, stride):
        if near is not None and (start > near + NEAR or start + 64 <= near - NEAR):
            continue
        w = sn_window(v, start)
        inside, place = (-100.0, 0.0) if w is None else (float(np.ravel(a)[0]) for a in network(w[None, None]))
        if w is not None:
            answers += [inside, place]
        if inside > best:
            best, plane = inside, start + 64 * place
    return plane, answers


# ---- MH ----

def mh_places(n, seed):
    """Nine places of the middle 40 % of n, ascending."""
    count = int(n * 0.4)
    places = list(range((n - count) // 2, (n + count) // 2))
    state = seed * 2654435761 % 2**32
    for i in range(9):
        state = (state * 1664525 + 1013904223) % 2**32
        k = i + (state >> 16) % (len(places) - i)
        places[i], places[k] = places[k], places[i]
    return sorted(places[:9])


def zoomed(plane, axis, n):
    """Linear interpolation of one axis to n places, ends on ends (scipy.ndimage.zoom of order 1)."""
    at = np.arange(n) * ((plane.shape[axis] - 1) / (n - 1))
    i = np.minimum(at.astype(int), plane.shape[axis] - 2)
    t = (at - i).astype(np.float32)
    t = t[:, None] if axis == 0 else t
    return np.take(plane, i, axis) * (1 - t) + np.take(plane, i + 1, axis) * t


def mh(v, network, draws=3):
    scaled = np.clip((v + np.float32(1000)) / np.float32(4000), 0, 1)
    sets = []
    for i in range(2 * draws):
        places = mh_places(v.shape[i % 2], 1 + i)
        sets.append([scaled[p] if i % 2 == 0 else scaled[:, p] for p in places])
    nz, answers = v.shape[2], []

    def answer(cut):
        rows = []
        for planes in sets:
            x = np.stack([cut(zoomed(p, 0, 300)) for p in planes])
            rows.append(float(network(x[None].astype(np.float32))[0][0, 0]))
        answers.extend(rows)
        return np.mean(rows)

    coarse = answer(lambda p: zoomed(p, 1, 300))
    start = int(max(0, min(np.rint(coarse * nz / 300 - 150), nz - 300)))
    fine = answer(lambda p: np.pad(p[:, start:start + 300], ((0, 0), (0, max(0, 300 - nz)))))
    return start + fine, answers


# ---- EK ----

def stretched(v):
    low, high = float(v.min()), float(v.max())
    if high <= low:
        return np.zeros_like(v)
    return np.trunc((v.astype(np.float64) - low) / (high - low) * 255).astype(np.float32)


def ek_picture(v):
    """[3, 512, 512]; rows are slices."""
    colours = []
    for plane in (v[v.shape[0] // 2], v[:, v.shape[1] // 2]):
        p = stretched(np.clip(plane.T, -500, 1500))[:512, :512]
        colours.append(np.pad(p, ((0, 512 - p.shape[0]), (0, 512 - p.shape[1]))))
    colours.append(stretched(np.float32(0.5) * colours[0] + np.float32(0.5) * colours[1]))
    mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    return (np.stack(colours) - mean[:, None, None] * 255) / (deviation[:, None, None] * 255)


def ek(v, network):
    share = float(network(ek_picture(v)[None].astype(np.float32))[0][0, 0])
    return 512 * share, [share]


# ---- CW ----

def cw_box(v):
    bone = (v >= 0) & (v <= 1900)
    box = []
    for axis in range(2):
        share = bone.sum((1 - axis, 2)) / (v.shape[0] * v.shape[2])
        inside = np.where(share > 0.03)[0]
        box.append(slice(inside[0], inside[-1]))
    return tuple(box)


def closing(before, width=5):
    """Dilation, then erosion, of a row of 0 and 1; the end values go on."""
    side = width // 2
    grown = np.array([before[max(0, i - side):i + side + 1].max() for i in range(len(before))])
    return np.array([grown[max(0, i - side):i + side + 1].min() for i in range(len(before))])


def cw(v, network):
    crop = v[cw_box(v)]
    answers = [network(np.ascontiguousarray(crop[None, None, :, :, k]))[0][0] for k in range(v.shape[2])]
    before = closing(np.array([int(a[1] > a[0]) for a in answers]))
    after = np.where(before == 0)[0]
    return (float(after[0]) if len(after) else np.nan), [float(u) for a in answers for u in a]


PLANES = {"sn": sn, "mh": mh, "ek": ek, "bm": bm, "cw": cw}
