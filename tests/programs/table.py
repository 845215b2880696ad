"""The public programs that are run with PyTorch and with tinygrad_pt, unchanged.

None of them is part of this project: fetch their repositories into one folder, as OWNER/NAME.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One program: a script, notebook or book chapter of a repository, or `code` that drives a module
    of it.

    argv: its arguments · beside: files of the sources that it expects beside it · steps: how many
    backward passes are watched · before: run first, in the same module · tolerance: of losses and
    answers, relative (chaotic programs amplify rounding) · smaller: pairs of what its source says and
    a smaller size, where no argument sets it · alike: where no step is watched, the part of the printed
    lines that has to be the same (sets are printed in any order, and names of nodes are others)
    """

    repository: str
    path: str
    argv: str = ""
    code: str = ""
    before: str = ""
    beside: str = ""
    steps: int = 20
    tolerance: float = 1e-3
    smaller: tuple[tuple[str, str], ...] = ()
    alike: float = 1.0
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.repository} {self.path}" + (f" ({self.note})" if self.note else "")


# karpathy/micrograd with our Value in the place of its own, where the library has one.
VALUE = """
    import sys, torch
    if torch.__name__ == "tinygrad_pt":
        sys.modules["micrograd.engine"] = torch
"""

# For programs that move to a GPU without asking whether there is one.
CPU = """
    import torch
    to = torch.Tensor.to
    torch.Tensor.to = lambda x, *args, **kw: to(x, *("cpu" if a == "cuda" else a for a in args), **kw)
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda x, *args, **kw: x
"""

NANOGPT = """
        import torch
        from model import GPT, GPTConfig
        sizes = {"block_size": 32, "vocab_size": 65, "n_layer": 2, "n_head": 2, "n_embd": 64}
        model = GPT(GPTConfig(**sizes, dropout=0.1))
        optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cpu")
        for _ in range(21):
            x = torch.randint(65, (4, 33))
            logits, loss = model(x[:, :-1].contiguous(), x[:, 1:].contiguous())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        print(model.generate(x[:1, :4], 20))
"""

FEW = "import torchvision\ntorchvision.datasets.FashionMNIST.sizes = 16, 4\n"  # pictures
NO_GPU = "from d2l import torch as d2l\nd2l.try_all_gpus = lambda: [d2l.try_gpu()]\n"


def chapters(folder: str, names: str, **kw) -> list[Program]:
    """Chapters of "Dive into Deep Learning"."""
    return [Program("d2l-ai/d2l-en", f"chapter_{folder}/{name}.md", **kw) for name in names.split()]


# Three files of sentences, of thirty words that follow one another with a preference.
CORPUS = """
    import os, random
    os.makedirs("data/wikitext-2", exist_ok=True)
    words = [a + b for a in ("ba", "do", "ki", "lu", "me") for b in ("n", "r", "s", "t", "ra", "ti")]
    choose = random.Random(0)
    for name, count in ("train", 120), ("valid", 30), ("test", 30):
        with open(f"data/wikitext-2/{name}.txt", "w") as f:
            for _ in range(count):
                at = choose.randrange(30)
                for _ in range(12):
                    f.write(words[at] + " ")
                    at = (at * 7 + choose.randrange(3)) % 30
                f.write("\\n")
"""

# Papers of four subjects, and which cites which, as the data set Cora has them.
GRAPH = """
    import os, random, requests, tarfile, hollow
    requests.get = tarfile.open = hollow.Hollow()
    os.makedirs("cora", exist_ok=True)
    choose = random.Random(0)
    with open("cora/cora.content", "w") as f, open("cora/cora.cites", "w") as g:
        for i in range(2000):
            words = [int(choose.random() < (0.5 if j % 4 == i % 4 else 0.1)) for j in range(32)]
            f.write(" ".join(map(str, [i + 100, *words, f"class{i % 4}"])) + "\\n")
            for _ in range(2):
                g.write(f"{i + 100} {(i + 4 * choose.randrange(1, 500)) % 2000 + 100}\\n")
"""

# One or two steps of a network for pictures of 32 × 32, by its name.
CIFAR = """
    import torch
    from models import *
    net, pictures = {name}({args}), torch.randn(2, 3, 32, 32)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    for _ in range(3):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(pictures), torch.tensor([3, 7]))
        loss.backward()
        optimizer.step()
        print(loss.item())
"""

# Noisy pictures of 64 × 64, also in pairs side by side and as domains A and B, for image translation.
PICTURES = """
    import os, numpy, PIL.Image
    for i in range(8):
        picture = numpy.random.default_rng(i).integers(0, 256, (8, 8, 3), numpy.uint8)
        picture = PIL.Image.fromarray(picture).resize((64, 64))
        for part in "train", "val", "test", "train/A", "train/B", "test/A", "test/B", ".":
            os.makedirs(f"../../data/noise/{part}", exist_ok=True)
            picture.save(f"../../data/noise/{part}/{i}.png")
"""

PROGRAMS = [
    Program("pytorch/examples", "mnist/main.py", "--epochs 1"),
    Program("pytorch/examples", "vae/main.py", "--epochs 1"),
    Program("pytorch/examples", "regression/main.py"),
    Program("pytorch/examples", "reinforcement_learning/reinforce.py"),
    Program("pytorch/examples", "reinforcement_learning/actor_critic.py"),
    Program("pytorch/examples", "dcgan/main.py", steps=12,
            argv="--dataset fake --batchSize 4 --ngf 8 --ndf 8 --workers 0"),
    *(Program("pytorch/examples", "word_language_model/main.py", before=CORPUS, note=name,
              argv=f"--model {name} --emsize 24 --nhid 24 --bptt 10 --batch_size 8 --lr 5 --epochs 2")
      for name in ("LSTM", "GRU", "RNN_TANH", "RNN_RELU", "Transformer")),
    Program("pytorch/examples", "word_language_model/generate.py", "--words 60 --checkpoint model.py",
            before=CORPUS + """
    import torch, model
    torch.load = lambda *_, **__: model.RNNModel("LSTM", 31, 24, 24, 2)
"""),
    Program("pytorch/examples", "super_resolution/main.py", steps=4, before="""
    import os, sys, types, numpy, PIL.Image
    sys.modules["six"] = sys.modules["six.moves"] = types.SimpleNamespace(urllib=None)
    for name in "train", "test":
        os.makedirs(f"dataset/BSDS300/images/{name}")
        for i in range(8):
            picture = numpy.random.default_rng(i).integers(0, 256, (64, 64, 3), numpy.uint8)
            picture = PIL.Image.fromarray(picture).resize((256, 256))
            picture.save(f"dataset/BSDS300/images/{name}/{i}.png")
""", argv="--upscale_factor 2 --batchSize 2 --threads 0 --nEpochs 1"),
    Program("pytorch/examples", "mnist_rnn/main.py", "--epochs 1"),
    Program("pytorch/examples", "mnist_forward_forward/main.py",
            "--epochs 10 --train_size 200 --test_size 100"),
    Program("pytorch/examples", "siamese_network/main.py", "--epochs 1 --batch-size 8", steps=6),
    Program("pytorch/examples", "time_sequence_prediction/train.py", "--steps 1", steps=3, before="""
    import runpy, torch
    found = runpy.run_path("generate_sine_wave.py")["data"]
    torch.load = lambda _: found[:, :200]
"""),
    Program("pytorch/examples", "gcn/main.py", "--epochs 20", before=GRAPH),
    Program("pytorch/examples", "gat/main.py", "--epochs 3 --hidden-dim 8 --num-heads 2", before=GRAPH),
    Program("pytorch/examples", "fast_neural_style/neural_style/neural_style.py", steps=2, before="""
    import PIL.Image
    PIL.Image.ANTIALIAS = PIL.Image.LANCZOS
""", argv="train --dataset . --save-model-dir . --style-image ../images/style-images/candy.jpg "
          "--style-size 64 --image-size 64 --batch-size 2"),
    Program("pytorch/examples", "imagenet/main.py", "--dummy --batch-size 4 --workers 0 --seed 0",
            steps=4),
    # Batches of few, which batch normalisation of 1×1 maps divides by next to nothing.
    Program("kuangliu/pytorch-cifar", "main.py", steps=1, tolerance=0.03, before="""
    import io, os
    os.popen = lambda *_: io.StringIO("24 80")  # the terminal's size
"""),
    *(Program("kuangliu/pytorch-cifar", "models/__init__.py", note=name,
              steps=1, tolerance=0.03, code=CIFAR.format(name=name, args=args))
      for name, args in {
        "VGG": "'VGG11'", "ResNet18": "", "ResNet50": "", "PreActResNet18": "", "PreActResNet50": "",
        "GoogLeNet": "", "DenseNet121": "", "ResNeXt29_2x64d": "", "MobileNet": "", "MobileNetV2": "",
        "DPN26": "", "SENet18": "", "ShuffleNetV2": "1", "EfficientNetB0": "",
        "RegNetX_200MF": "", "RegNetY_400MF": "", "PNASNetA": "", "DLA": "", "SimpleDLA": "",
        "LeNet": ""}.items()),
    *(Program("eriklindernoren/PyTorch-GAN", f"implementations/{name}/{name}.py", steps=8,
              argv="--n_epochs 1 --batch_size 16")
      for name in ("aae", "acgan", "cgan", "dcgan", "ebgan", "gan", "infogan", "lsgan",
                   "relativistic_gan", "sgan", "wgan", "wgan_div", "wgan_gp")),
    *(Program("eriklindernoren/PyTorch-GAN", f"implementations/{name}/{name}.py", before=PICTURES,
              argv=f"--dataset_name noise --batch_size 2 --n_cpu 0 {argv}",
              steps=2 if name in ("cyclegan", "srgan") else 4)  # they amplify rounding fast
      for name, argv in {
          "pix2pix": "--img_height 256 --img_width 256", "cyclegan": "--img_height 64 --img_width 64",
          "discogan": "--img_height 64 --img_width 64", "dualgan": "--img_size 128",
          "munit": "--img_height 128 --img_width 128", "unit": "--img_height 64 --img_width 64",
          "srgan": "--hr_height 64 --hr_width 64",
          "esrgan": "--hr_height 64 --hr_width 64"}.items()),
    *(Program("yunjey/pytorch-tutorial", f"tutorials/{name}/main.py", steps=steps)
      for name, steps in {
          "01-basics/linear_regression": 20, "01-basics/logistic_regression": 20,
          "01-basics/feedforward_neural_network": 20,
          "02-intermediate/convolutional_neural_network": 20,
          "02-intermediate/deep_residual_network": 4, "02-intermediate/recurrent_neural_network": 8,
          "02-intermediate/bidirectional_recurrent_neural_network": 5,
          "03-advanced/generative_adversarial_network": 12,
          "03-advanced/variational_autoencoder": 15}.items()),
    Program("yunjey/pytorch-tutorial", "tutorials/02-intermediate/language_model/main.py", steps=4,
            before=CORPUS + """
    os.symlink("wikitext-2/train.txt", "data/train.txt")
"""),
    *[Program("seungeunrho/minimalRL", f"{name}.py") for name in (
        "dqn", "REINFORCE", "actor_critic", "ppo", "ppo-lstm", "ppo-continuous", "ddpg", "sac",
        "vtrace", "acer")],
    Program("seungeunrho/minimalRL", "a2c.py", before="import gym\ngym.make = gym.make_older\n"),
    Program("seungeunrho/minimalRL", "a3c.py", note="one worker", code="""
        import a3c, gym
        gym.make = gym.make_older
        model = a3c.ActorCritic()
        model.share_memory()
        a3c.train(model, 1)
    """),
    Program("karpathy/micrograd", "test/test_engine.py", before=VALUE, code="""
        from test_engine import *
        test_sanity_check()
        test_more_ops()
        print("both tests pass")
    """),
    Program("karpathy/micrograd", "demo.ipynb", before=VALUE,
            smaller=(("=100", "=50"), ("range(100)", "range(5)"), ("h = 0.25", "h = 1"))),
    *(Program("karpathy/nn-zero-to-hero",
              f"lectures/micrograd/micrograd_lecture_{half}_half_roughly.ipynb", alike=0.9)
      for half in ("first", "second")),
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part1_bigrams.ipynb",
            beside="karpathy/makemore/names.txt", before="""
        import torch
        P = torch.zeros(27, 27)  # a cell above shows it
    """),
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part2_mlp.ipynb",
            beside="karpathy/makemore/names.txt", steps=100,
            smaller=(("range(200000)", "range(100)"), ("arange(32)", "arange(len(Y))"))),
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part3_bn.ipynb",
            beside="karpathy/makemore/names.txt", steps=1200, smaller=(("200000", "200"),)),
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part4_backprop.ipynb",
            beside="karpathy/makemore/names.txt", smaller=(("200000", "20"),)),
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part5_cnn1.ipynb",
            beside="karpathy/makemore/names.txt", steps=1000, smaller=(("200000", "1000"),)),
    *(Program("karpathy/makemore", "makemore.py", f"--type {kind} --max-steps 21", note=kind)
      for kind in ("bigram", "mlp", "rnn", "gru", "bow", "transformer")),
    Program("karpathy/nanoGPT", "model.py", code=NANOGPT),
    Program("karpathy/nanoGPT", "model.py", note="without flash attention", code="""
        import torch
        del torch.nn.functional.scaled_dot_product_attention
    """ + NANOGPT),
    Program("karpathy/nanoGPT", "train.py",
            "config/train_shakespeare_char.py --device=cpu --compile=False --eval_iters=2 "
            "--log_interval=1 --block_size=32 --batch_size=4 --n_layer=2 --n_head=2 --n_embd=64 "
            "--max_iters=20 --eval_interval=10", before="""
        import runpy, shutil
        shutil.copy("input.txt", "data/shakespeare_char")
        runpy.run_path("data/shakespeare_char/prepare.py")
    """, beside="karpathy/ng-video-lecture/input.txt"),
    Program("karpathy/minGPT", "demo.ipynb"),
    Program("karpathy/minGPT", "projects/adder/adder.py", "--trainer.max_iters=20"),
    Program("karpathy/minGPT", "projects/chargpt/chargpt.py",
            "--model.model_type=gpt-nano --data.block_size=32 --trainer.max_iters=5 "
            "--trainer.batch_size=8",
            beside="karpathy/ng-video-lecture/input.txt"),
    Program("rasbt/LLMs-from-scratch", "appendix-A/01_main-chapter-code/code-part1.ipynb"),
    Program("rasbt/LLMs-from-scratch", "appendix-A/01_main-chapter-code/code-part2.ipynb",
            before=CPU),
    Program("rasbt/LLMs-from-scratch", "ch02/01_main-chapter-code/ch02.ipynb",
            # One cell shows the error that a word without a number causes.
            smaller=(("Hello, do you like tea. Is this-- a test?", "you know"),
                     ("torch.__version__", "version('torch')")),
            beside="rasbt/LLMs-from-scratch/ch02/01_main-chapter-code/the-verdict.txt"),
    *(Program("rasbt/LLMs-from-scratch", path, steps=2, alike=0.7 if "embedding" in path else 1.0,
              beside="rasbt/LLMs-from-scratch/ch02/01_main-chapter-code/the-verdict.txt") for path in (
        "ch02/01_main-chapter-code/dataloader.ipynb",
        "ch02/03_bonus_embedding-vs-matmul/embeddings-and-linear-layers.ipynb",
        "ch02/04_bonus_dataloader-intuition/dataloader-intuition.ipynb",
        "ch03/01_main-chapter-code/ch03.ipynb", "ch03/01_main-chapter-code/multihead-attention.ipynb",
        "ch03/03_understanding-buffers/understanding-buffers.ipynb",
        "ch04/01_main-chapter-code/gpt.py",
        "ch04/03_kv-cache/gpt_with_kv_cache.py", "ch05/01_main-chapter-code/gpt_train.py")),
    # Left out of the book's: ch04's later programs (bfloat16), mha-implementations.ipynb (a GPU),
    # ch05.ipynb (minutes for PyTorch too), the DDP scripts (several processes).
    Program("mohammadpz/pytorch_forward_forward", "main.py", before=CPU),
    Program("GabrielBianconi/pytorch-rbm", "mnist_example.py"),
    Program("jcjohnson/pytorch-examples", "tensor/two_layer_net_tensor.py", alike=0.3),
    *(Program("jcjohnson/pytorch-examples", f"{path}.py") for path in (
        "autograd/two_layer_net_autograd",
        "autograd/two_layer_net_custom_function", "nn/two_layer_net_nn", "nn/two_layer_net_optim",
        "nn/two_layer_net_module", "nn/dynamic_net")),
    Program("karpathy/ng-video-lecture", "bigram.py"),
    Program("karpathy/ng-video-lecture", "gpt.py", steps=50, smaller=(
        ("max_iters = 5000", "max_iters = 50"), ("eval_iters = 200", "eval_iters = 2"),
        ("n_embd = 384", "n_embd = 48"), ("n_layer = 6", "n_layer = 2"),
        ("block_size = 256", "block_size = 32"), ("batch_size = 64", "batch_size = 8"))),
    *(Program("graykode/nlp-tutorial", path) for path in (
        "1-1.NNLM/NNLM.py", "1-2.Word2Vec/Word2Vec-Skipgram(Softmax).py", "2-1.TextCNN/TextCNN.py",
        "3-1.TextRNN/TextRNN.py", "3-2.TextLSTM/TextLSTM.py", "3-3.Bi-LSTM/Bi-LSTM.py",
        "4-1.Seq2Seq/Seq2Seq.py", "4-2.Seq2Seq(Attention)/Seq2Seq(Attention).py",
        "4-3.Bi-LSTM(Attention)/Bi-LSTM(Attention).py")),
    *(Program("graykode/nlp-tutorial", path, steps=3) for path in (
        "5-1.Transformer/Transformer.py", "5-1.Transformer/Transformer(Greedy_decoder).py",
        "5-2.BERT/BERT.py")),
    Program("hyunwoongko/transformer", "models/model/transformer.py", code="""
        import torch
        from models.model.transformer import Transformer
        model = Transformer(0, 0, 1, 50, 60, d_model=32, n_head=4, max_len=20, ffn_hidden=64,
                            n_layers=2, drop_prob=0.1, device="cpu")
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=5e-4, eps=5e-9)
        for _ in range(20):
            source, target = torch.randint(1, 50, (8, 12)), torch.randint(1, 60, (8, 10))
            source[:, 9:] = 0
            y = model(source, target[:, :-1])
            loss = torch.nn.functional.cross_entropy(y.reshape(-1, 60), target[:, 1:].reshape(-1),
                                                     ignore_index=0)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    """),
    Program("jadore801120/attention-is-all-you-need-pytorch", "transformer/Models.py", code="""
        import torch
        from transformer.Models import Transformer
        from transformer.Optim import ScheduledOptim
        model = Transformer(50, 50, 0, 0, d_word_vec=32, d_model=32, d_inner=64, n_layers=2, n_head=4,
                            d_k=8, d_v=8)
        optimizer = ScheduledOptim(torch.optim.Adam(model.parameters(), betas=(0.9, 0.98), eps=1e-9),
                                   2.0, 32, 40)
        for _ in range(20):
            source, target = torch.randint(1, 50, (8, 12)), torch.randint(1, 50, (8, 10))
            source[:, 9:] = 0
            optimizer.zero_grad()
            y = model(source, target[:, :-1])
            loss = torch.nn.functional.cross_entropy(y, target[:, 1:].reshape(-1), reduction="sum")
            loss.backward()
            optimizer.step_and_update_lr()
    """),
    *chapters("preliminaries", "ndarray linear-algebra calculus autograd probability"),
    *chapters("linear-regression", "linear-regression oo-design synthetic-regression-data "
              "linear-regression-scratch linear-regression-concise weight-decay", steps=60),
    *chapters("linear-classification", "image-classification-dataset "
              "softmax-regression-scratch softmax-regression-concise"),
    *chapters("multilayer-perceptrons", "mlp mlp-implementation numerical-stability-and-init dropout"),
    *chapters("builders-guide", "model-construction parameters init-param lazy-init custom-layer "
              "read-write"),
    *chapters("convolutional-neural-networks", "conv-layer padding-and-strides channels pooling lenet"),
    *chapters("recurrent-neural-networks", "sequence text-sequence language-model rnn rnn-scratch "
              "rnn-concise"),
    *chapters("recurrent-modern", "lstm gru deep-rnn bi-rnn machine-translation-and-dataset "
              "encoder-decoder seq2seq"),
    *chapters("attention-mechanisms-and-transformers", "queries-keys-values attention-pooling "
              "attention-scoring-functions bahdanau-attention multihead-attention "
              "self-attention-and-positional-encoding"),
    *chapters("attention-mechanisms-and-transformers", "transformer", steps=3),
    *chapters("attention-mechanisms-and-transformers", "vision-transformer", before=FEW, steps=3),
    *chapters("optimization", "optimization-intro convexity gd sgd minibatch-sgd momentum adagrad "
              "rmsprop adadelta adam", steps=60),
    *chapters("optimization", "lr-scheduler"),
    *chapters("generative-adversarial-networks", "gan"),
    *chapters("appendix-mathematics-for-deep-learning", "single-variable-calculus "
              "multivariable-calculus integral-calculus random-variables maximum-likelihood "
              "naive-bayes statistics information-theory"),
    *chapters("computer-vision", "bounding-box anchor multiscale-object-detection transposed-conv"),
    *chapters("natural-language-processing-pretraining", "word-embedding-dataset word2vec-pretraining "
              "subword-embedding bert bert-dataset"),
    *chapters("natural-language-processing-pretraining", "bert-pretraining", steps=5,
              before=NO_GPU + """d2l.load_data_wiki = lambda _, n, f=d2l.load_data_wiki: f(16, n)\n"""),
    *chapters("convolutional-modern", "batch-norm"),
    *chapters("convolutional-modern", "alexnet vgg nin googlenet densenet", before=FEW, steps=2),
    *chapters("convolutional-modern", "resnet cnn-design", before=FEW, steps=1),
    *[Program("udacity/deep-learning-v2-pytorch", f"{name}.ipynb") for name in (
        "intro-to-pytorch/Part 1 - Tensors in PyTorch (Solution)",
        "intro-to-pytorch/Part 3 - Training Neural Networks (Solution)",
        "intro-to-pytorch/Part 4 - Fashion-MNIST (Solution)",
        "intro-to-pytorch/Part 5 - Inference and Validation (Solution)",
        "intro-to-pytorch/Part 6 - Saving and Loading Models",
        "recurrent-neural-networks/time-series/Simple_RNN")],
    Program("zergtant/pytorch-handbook", "chapter1/1_tensor_tutorial.ipynb",
            before="import torch\ntorch.empty = torch.zeros\n"),
    *[Program("zergtant/pytorch-handbook", f"{name}.ipynb") for name in (
        "chapter1/2_autograd_tutorial", "chapter1/3_neural_networks_tutorial",
        "chapter2/2.1.3-pytorch-basics-nerual-network", "chapter2/2.2-deep-learning-basic-mathematics",
        "chapter2/2.3-deep-learning-neural-network-introduction", "chapter3/3.3-rnn")],
]

# Left out. d2l-ai/d2l-en: preliminaries pandas, multilayer-perceptrons kaggle-house-price (pandas) and
# lookup-api (prints PyTorch's documentation); linear-classification classification and
# hyperparameter-optimization (print nothing, or go on from one another); builders-guide use-gpu and
# computational-performance (measure GPUs; hybridize saves a compiled network); of the appendix
# geometry-linear-algebraic-ops (needs all of FashionMNIST), eigendecomposition (complex numbers) and
# distributions (Binomial); computer-vision rcnn (torchvision.ops); reinforcement-learning (no PyTorch
# in it); what trains on downloaded pictures or word vectors.
# udacity and zergtant: what calls an iterator's next(), which PyTorch has no longer.
# pytorch/examples: mnist_hogwild (processes that race for shared memory); snli, language_translation
# (torchtext). PyTorch-GAN: began, bgan, cogan, dragan, softmax_gan, cluster_gan fail with torch 2.13
# itself (or download). pytorch-tutorial: pytorch_basics (an iterator's next(), whole pickles).
