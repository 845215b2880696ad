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
    answers, relative (chaotic programs amplify rounding)
    """

    repository: str
    path: str
    argv: str = ""
    code: str = ""
    before: str = ""
    beside: str = ""
    steps: int = 20
    tolerance: float = 1e-3
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.repository} {self.path}" + (f" ({self.note})" if self.note else "")


FEW = "import torchvision\ntorchvision.datasets.FashionMNIST.sizes = 16, 4\n"  # pictures
NO_GPU = "from d2l import torch as d2l\nd2l.try_all_gpus = lambda: [d2l.try_gpu()]\n"


def chapters(folder: str, names: str, **kw) -> list[Program]:
    """Chapters of "Dive into Deep Learning"."""
    return [Program("d2l-ai/d2l-en", f"chapter_{folder}/{name}.md", **kw) for name in names.split()]


PROGRAMS = [
    Program("pytorch/examples", "mnist/main.py", "--epochs 1"),
    Program("pytorch/examples", "vae/main.py", "--epochs 1"),
    Program("pytorch/examples", "regression/main.py"),
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
    Program("karpathy/nn-zero-to-hero", "lectures/makemore/makemore_part1_bigrams.ipynb",
            beside="karpathy/makemore/names.txt"),
    Program("karpathy/nanoGPT", "model.py", code="""
        import torch
        from model import GPT, GPTConfig
        config = GPTConfig(block_size=32, vocab_size=65, n_layer=2, n_head=2, n_embd=64, dropout=0.1)
        model = GPT(config)
        optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cpu")
        for _ in range(21):
            x = torch.randint(65, (4, 33))
            logits, loss = model(x[:, :-1].contiguous(), x[:, 1:].contiguous())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        print(model.generate(x[:1, :4], 20))
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
]

# Left out. d2l-ai/d2l-en: preliminaries pandas, multilayer-perceptrons kaggle-house-price (pandas) and
# lookup-api (prints PyTorch's documentation); linear-classification classification and
# hyperparameter-optimization (print nothing, or go on from one another); builders-guide use-gpu and
# computational-performance (measure GPUs; hybridize saves a compiled network); of the appendix
# geometry-linear-algebraic-ops (needs all of FashionMNIST), eigendecomposition (complex numbers) and
# distributions (Binomial); computer-vision rcnn (torchvision.ops); reinforcement-learning (no PyTorch
# in it); what trains on downloaded pictures or word vectors. udacity: Part 2 (an iterator's next()).
