"""Checkpoints of the heavy networks, read without running any code that a file may hold."""
import collections
import io
import pickle
import zipfile

import torch

from models import SOLUTIONS

MOST = 1 << 30  # bytes; the largest published one has 260 MB, and thrice that with the state of its optimiser
STORAGES = {"FloatStorage": torch.float32, "LongStorage": torch.int64, "HalfStorage": torch.float16,
            "DoubleStorage": torch.float64, "IntStorage": torch.int32, "BoolStorage": torch.bool,
            "BFloat16Storage": torch.bfloat16}


class Anything:
    """What stands for an object of a class that is not needed: it holds nothing and does nothing."""

    def __init__(self, *args, **more):
        pass

    def __setstate__(self, state):
        pass


class Reader(pickle.Unpickler):
    """Knows tensors and dictionaries. Every other name becomes Anything: nothing of the file is called."""

    def __init__(self, archive, root):
        super().__init__(io.BytesIO(archive.read(root + "data.pkl")))
        self.archive, self.root, self.storages = archive, root, {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda data, *more: data
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        return Anything

    def persistent_load(self, key):
        kind, dtype, name = key[0], key[1], key[2]
        if kind != "storage" or not isinstance(dtype, torch.dtype) or "/" in name:
            raise SystemExit("not a checkpoint of PyTorch (a storage is damaged)")
        if name not in self.storages:
            data = bytearray(self.archive.read(self.root + "data/" + name))
            self.storages[name] = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        return self.storages[name]


def tensor(storage, offset, size, stride, *more):
    last = offset + sum((n - 1) * s for n, s in zip(size, stride))
    if offset < 0 or min((0,) + tuple(size) + tuple(stride)) < 0 or (storage.numel() <= last and 0 not in size):
        raise SystemExit("not a checkpoint of PyTorch (a tensor lies outside its storage)")
    return storage.as_strided(size, stride, offset).clone()


def load(path):
    """The object a checkpoint holds: dictionaries, numbers, tensors."""
    try:
        archive = zipfile.ZipFile(path)
        if sum(i.file_size for i in archive.infolist()) > MOST:
            raise SystemExit("%s: larger than any published checkpoint" % path)
        pickled = [i.filename for i in archive.infolist() if i.filename.endswith("/data.pkl")]
        if len(pickled) != 1:
            raise SystemExit("%s: not a checkpoint of PyTorch" % path)
        return Reader(archive, pickled[0][:-len("data.pkl")]).load()
    except zipfile.BadZipFile:
        raise SystemExit("%s: not a checkpoint of PyTorch 1.6 or later; load and save it again there" % path)
    except (pickle.UnpicklingError, KeyError, TypeError, ValueError, AttributeError, IndexError, EOFError) as e:
        raise SystemExit("%s: not a checkpoint of PyTorch (%s)" % (path, e))


def state(path, name):
    """The weights of solution `name` in a checkpoint."""
    solution, found = SOLUTIONS[name], load(path)
    if solution.inner and isinstance(found, dict) and solution.inner in found:
        found = found[solution.inner]
    if not isinstance(found, dict) or not all(isinstance(v, torch.Tensor) for v in found.values()):
        raise SystemExit("%s: holds no weights of %s (no dictionary of tensors%s)"
                         % (path, name, " under " + solution.inner if solution.inner else ""))
    return {k[len("module."):] if k.startswith("module.") else k: v for k, v in found.items()
            if not k.startswith(solution.drop or ("\0",))}


def network(path, name):
    """The network of a checkpoint, ready to answer; every weight must be there and none be left over."""
    net = SOLUTIONS[name].network()
    try:
        net.load_state_dict(state(path, name), strict=True)
    except RuntimeError as e:
        raise SystemExit("%s: not the weights of %s: %s" % (path, name, " ".join(str(e).split())[:300]))
    return net.eval()
