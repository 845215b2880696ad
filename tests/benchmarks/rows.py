"""The table: what is raced, against whom, and the ratio that issue 7 asks for."""

import kernels as k
import nets
import numpy as np
from contest import Row

ROWS = []


# Matmul

def matmul(name, rows, inner, columns, peers, transposed=False, dtype=np.float32):
    ROWS.append(Row("Matmul", name, k.matmul(rows, inner, columns, transposed, dtype), peers,
                    flop=2 * rows * inner * columns, bits=np.finfo(dtype).bits))


for n in 8, 16, 32:
    matmul(f"{n}²", n, n, n, {"NumPy": 4, "torch": 4})
for n, goal in (64, 1.3), (128, None), (256, 1.03), (512, 1.03):
    # 2.2 times torch is asked only where MKL stays below the rate of AVX-512, as on AMD.
    matmul(f"{n}²", n, n, n, {"NumPy": goal, "torch": None, "peak": 0.94})
for n in 1024, 2048:
    matmul(f"{n}²", n, n, n, {"NumPy": None, "torch": None, "jax": 1, "peak": 0.9})
anyone = {"NumPy": None, "torch": None, "peak": None}
for n in 64, 512:
    matmul(f"{n}², float64", n, n, n, anyone, dtype=np.float64)
for shape in (10, 784, 30), (10, 784, 16), (64, 640, 100), (128, 128, 2):
    size = "×".join(map(str, shape))
    for name, transposed in ("A·B", False), ("A·Bᵀ", True):
        matmul(f"{name} {size}", *shape, {"NumPy": None, "torch": 3}, transposed)
matmul("A·B 64×1024×1024", 64, 1024, 1024, {**anyone, "jax": None})


# Convolution

def convolution(name, x, w, goals, stride=1, padding=0, dtype=np.float32):
    """The three passes and, what goals[1] is for, their mean: all three after one another."""
    f, given = k.convolution(stride, padding), k.signed(x, w, dtype=dtype)
    each, mean = goals
    for what, program, goal in (
            ("forward", k.forward(f, given), each),
            ("input gradient", k.backward(f, [0], given), each),
            ("weight gradient", k.backward(f, [1], given), each),
            ("all three", k.backward(f, [0, 1], given, again=True), mean)):
        ROWS.append(Row("Convolution", f"{name}, {what}", program, {"torch": goal}))


convolution("LeNet 1→20 5×5, 64×28²", (64, 1, 28, 28), (20, 1, 5, 5), (2, 2))
convolution("LeNet 20→40 5×5, 64×12²", (64, 20, 12, 12), (40, 20, 5, 5), (2, 2))
convolution("3×3 32→32, 32×32²", (32, 32, 32, 32), (32, 32, 3, 3), (1, 1.15), padding=1)
convolution("3×3 64→64, 32×16²", (32, 64, 16, 16), (64, 64, 3, 3), (1, 1.15), padding=1)
convolution("3×3 64→64 stride 2, 8×32²", (8, 64, 32, 32), (64, 64, 3, 3), (1, 1), stride=2, padding=1)
convolution("float64 20→40 5×5, 64×12²", (64, 20, 12, 12), (40, 20, 5, 5), (2, 2), dtype=np.float64)
convolution("float64 3×3 64→64, 8×16²", (8, 64, 16, 16), (64, 64, 3, 3), (2, 2), padding=1,
            dtype=np.float64)


# Elementwise, 10⁶ numbers

def elementwise(name, goal=None, numpy=True, **within):
    for dtype in np.float32, np.float64:
        peers = {"NumPy": goal} if numpy else {}
        ROWS.append(Row("Elementwise, 10⁶", f"{name}, {dtype.__name__}",
                        k.elementwise(name, dtype, **within), {**peers, "torch": goal}))


elementwise("exp", 2)
elementwise("tanh", 2)
elementwise("sigmoid", 2, numpy=False)
elementwise("log", 2, low=1e-3, high=1e4)
elementwise("gelu", 1, numpy=False)
for name in "sin", "cos", "expm1":
    elementwise(name)
elementwise("log1p", low=-0.999, high=1e3)
elementwise("erf", numpy=False)
elementwise("erfc", numpy=False)


# Parts of networks: in cache, and from memory

def part(name, f, which, given, goal):
    """Each way by itself, and both."""
    for what, program in (("forward", k.forward(f, given)), ("backward", k.backward(f, which, given)),
                          ("both ways", k.backward(f, which, given, again=True))):
        ROWS.append(Row("Parts of networks", f"{name}, {what}", program, {"torch": goal}))


part("cross-entropy 64×10", k.cross_entropy, [0], k.scored(64, 10), 3)
part("cross-entropy 8192×1000", k.cross_entropy, [0], k.scored(8192, 1000), 1)
for many, goal in (64, 1.5), (16384, 1):
    part(f"layer norm {many}×768", k.layer_norm, [0, 1, 2], k.signed((many, 768), (768,), (768,)), goal)
part("max-pool 2×2, 10×20×24²", k.max_pool, [0], k.signed((10, 20, 24, 24)), 1.5)
part("max-pool 2×2, 256×64×32²", k.max_pool, [0], k.signed((256, 64, 32, 32)), 1)
for n, name, goal in (10_000, "10⁴", 1.5), (1_000_000, "10⁶", 1.5), (20_000_000, "2·10⁷", 1):
    ROWS.append(Row("Parts of networks", f"Adam, {name} parameters", k.adam(n), {"torch": goal}))

# Overhead

for text in "x + w", "x * w", "m.tanh(x)", "m.relu(x)", "x @ w", "x.sum()":
    for graph in False, True:
        ROWS.append(Row("Overhead, 8×8", f"`{text}`" + ", recorded" * graph, k.statement(text, graph),
                        {"torch": None}, per=100))
ROWS.append(Row("Overhead, 8×8", "backward, a node", k.chain(1000), {"torch": None}, per=1000))
five = "m.autograd.grad((m.tanh(x @ w + x) * w).sum(), [x, w])"
ROWS.append(Row("Overhead, 8×8", f"`{five}`", k.statement(five, True), {"torch": None}, per=100))

# Training steps

for name, program, torch, jax in (
        ("XOR 2-2-1", nets.xor, 12, 1),
        ("784-30-10, batch 10", nets.mlp((784, 30, 10), "Sigmoid", 10), 6, 1.5),
        ("784-16-16-10, batch 10", nets.mlp((784, 16, 16, 10), "ReLU", 10), 6, 1.3),
        ("784-1024-1024-10, batch 64", nets.mlp((784, 1024, 1024, 10), "ReLU", 64), 2, 1),
        ("784-1024-1024-10, batch 1024", nets.mlp((784, 1024, 1024, 10), "ReLU", 1024), 2, 1),
        ("LeNet, batch 10", nets.lenet(10), 2.5, 1.9),
        ("LeNet, batch 64", nets.lenet(64), 2, 1.7),
        ("3×3 net with Adam, batch 32", nets.three_by_three, 1.6, 1),
        ("char-LSTM", nets.characters("LSTM"), 1.5, None),
        ("char-GRU", nets.characters("GRU"), 2.4, 1.1),
        ("GPT, 4 layers, 128 wide", nets.gpt, 2.2, 1.15),
        ("VAE 784-400-20", nets.vae, 2.5, 1),
        ("linear autoencoder 784-32", nets.linear_autoencoder, 2.8, 1.1),
        ("Q-network 4-128-128-2", nets.q_network, 4, 1.2),
        ("Hessian-vector product, 4-16-1", nets.hessian_vector, 6, None),
        ("Hessian, 4-16-1", nets.hessian, 10, None),
        ("recurrence, 10,000 steps", nets.recurrence, 10, None)):
    ROWS.append(Row("Training steps", name, program, {"torch": torch, "jax": jax}))
ROWS.append(Row("Training steps", "moons on `Value`", nets.scalar_moons, {"micrograd": None}))
