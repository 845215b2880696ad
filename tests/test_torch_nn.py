"""Every module beside PyTorch's: one line each says how it is made and called."""

import copy
import pickle
import re
from collections import OrderedDict

import numpy as np
import pytest
from against_torch import Array, Drawn, differential, either, flag, index, maybe, one_of, op, same, x

import tinygrad_pt as tg

torch = pytest.importorskip("torch")

# A line is a layer as it is written in either library, and the arguments of its call. Of these
# t(2, 3) is a leaf, i(5, 2, 3) integers below 5, p(2, 3) probabilities, s(2, 3) of 1 and -1, b(2, 3)
# a mask, X, SEQUENCE, IMAGE and VOLUME leaves of these shapes. With the same seed must agree:
# the repr, the state (names, shapes, dtypes, numbers), the results, all gradients, the state
# afterwards and the next random number: in training, again in training as a deep copy, in
# evaluation from a pickle; and second derivatives in float64.

WORDS = {"X": "t(2, 3)", "SEQUENCE": "t(2, 4, 7)", "IMAGE": "t(2, 4, 6, 5)",
         "VOLUME": "t(2, 4, 4, 5, 3)"}
MODULES = """
    Identity(7, x=1) | X
    Linear(3, 5) | X
    Linear(3, 5, bias=False) | X
    Linear(3, 5) | t(3)
    Linear(3, 5) | t(2, 4, 3)
    Linear(3, 5, dtype=m.float64) | X
    Linear(in_features=3, out_features=5, bias=True, device="cpu", dtype=None) | input=X
    Linear(3, 5) | t(0, 3)
    Bilinear(3, 4, 5) | t(2, 3), t(2, 4)
    Bilinear(3, 4, 5, bias=False) | t(3), t(4)
    Bilinear(3, 4, 2) | input1=t(2, 2, 3), input2=t(2, 2, 4)
    LazyLinear(5) | X
    LazyLinear(5, bias=False) | input=X
    Flatten() | IMAGE
    Flatten(2, 3) | IMAGE
    Flatten(start_dim=0) | X
    Unflatten(1, (2, 2)) | IMAGE
    Unflatten(dim=-1, unflattened_size=[5, -1]) | IMAGE
    Embedding(5, 3) | i(5, 2, 4)
    Embedding(5, 3, padding_idx=1) | i(5, 2, 4)
    Embedding(5, 3, padding_idx=-1) | i(5, 9)
    Embedding(5, 3, max_norm=1.0) | i(5, 2, 4)
    Embedding(5, 3, max_norm=1.0, norm_type=1.0) | i(5, 9)
    Embedding(5, 3, scale_grad_by_freq=True) | i(5, 9)
    Embedding(5, 3, dtype=m.float64) | input=i(5)
    EmbeddingBag(5, 3) | i(5, 2, 4)
    EmbeddingBag(5, 3) | i(5, 8), m.tensor([0, 2, 2, 5])
    EmbeddingBag(5, 3, mode="sum", padding_idx=2) | i(5, 2, 4)
    EmbeddingBag(5, 3, mode="sum") | i(5, 2, 4), per_sample_weights=t(2, 4)
    EmbeddingBag(5, 3, mode="sum", include_last_offset=True) | i(5, 8), m.tensor([0, 3, 8])
    EmbeddingBag(5, 3, mode="max") | i(5, 2, 4)
    Conv1d(4, 6, 3) | SEQUENCE
    Conv1d(4, 6, 3, padding="same", dilation=2, bias=False) | SEQUENCE
    Conv1d(4, 6, 2, stride=2, padding=1, padding_mode="circular") | t(4, 7)
    Conv1d(4, 6, 2, stride=2, padding=2, padding_mode="reflect", groups=2) | SEQUENCE
    Conv2d(4, 6, 3) | IMAGE
    Conv2d(4, 6, (3, 2), stride=2, padding=1, dilation=2, groups=2) | IMAGE
    Conv2d(4, 4, 3, 1, 1, groups=4) | IMAGE
    Conv2d(4, 6, 2, padding="same", padding_mode="reflect") | IMAGE
    Conv2d(4, 6, 3, padding=(1, 2), padding_mode="circular", bias=False) | IMAGE
    Conv2d(4, 6, 3, padding=1, padding_mode="replicate") | IMAGE
    Conv2d(4, 6, 3, padding="valid") | t(4, 6, 5)
    Conv2d(4, 6, 1, device="cpu", dtype=m.float64) | IMAGE
    Conv3d(4, 2, 2, padding=1) | VOLUME
    Conv3d(4, 2, (2, 3, 1), stride=(1, 2, 1), padding_mode="replicate", padding=1) | t(4, 4, 5, 3)
    ConvTranspose1d(4, 6, 3, stride=2, output_padding=1) | SEQUENCE
    ConvTranspose1d(4, 6, 3, stride=2) | t(4, 7), [16]
    ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2) | IMAGE
    ConvTranspose2d(4, 6, 3, dilation=2, bias=False) | IMAGE
    ConvTranspose2d(4, 6, 3, stride=2) | IMAGE, output_size=(14, 12)
    ConvTranspose3d(4, 2, 2) | VOLUME
    LazyConv1d(6, 3) | SEQUENCE
    LazyConv1d(out_channels=6, kernel_size=3, bias=False) | t(4, 7)
    LazyConv2d(6, 3, padding=1) | IMAGE
    LazyConv3d(2, 2) | VOLUME
    LazyConvTranspose1d(6, 3) | SEQUENCE
    LazyConvTranspose2d(6, 3, bias=False) | IMAGE
    LazyConvTranspose3d(2, 2, stride=2) | VOLUME
    MaxPool1d(3) | SEQUENCE
    MaxPool1d(3, 2, padding=1, return_indices=True) | SEQUENCE
    MaxPool1d(2, dilation=2, ceil_mode=True) | t(4, 7)
    MaxPool2d(2) | IMAGE
    MaxPool2d((3, 2), stride=(2, 1), padding=1, ceil_mode=True) | IMAGE
    MaxPool2d(2, return_indices=True) | t(4, 6, 5)
    MaxPool3d(2, dilation=2) | VOLUME
    MaxPool3d((2, 1, 3), stride=1, return_indices=True) | t(4, 4, 5, 3)
    MaxUnpool1d(2) | t(2, 4, 3), i(6, 2, 4, 3)
    MaxUnpool1d(2) | t(4, 3), i(7, 4, 3), output_size=[7]
    MaxUnpool2d(2, stride=2) | t(2, 4, 2, 2), i(16, 2, 4, 2, 2)
    MaxUnpool3d(2) | t(4, 2, 2, 1), i(32, 4, 2, 2, 1)
    AvgPool1d(3) | SEQUENCE
    AvgPool1d(2, stride=1, padding=1, ceil_mode=True, count_include_pad=False) | t(4, 7)
    AvgPool2d(2) | IMAGE
    AvgPool2d((3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False) | IMAGE
    AvgPool2d(2, divisor_override=3) | t(4, 6, 5)
    AvgPool3d(2, divisor_override=3) | VOLUME
    LPPool1d(2, 3) | SEQUENCE
    LPPool1d(3, 2, ceil_mode=True) | p(4, 7)
    LPPool1d(1, 2) | SEQUENCE
    LPPool2d(2, (2, 3), stride=1) | IMAGE
    LPPool3d(2, 2) | VOLUME
    AdaptiveAvgPool1d(3) | SEQUENCE
    AdaptiveAvgPool2d((None, 2)) | IMAGE
    AdaptiveAvgPool2d(3) | t(4, 6, 5)
    AdaptiveAvgPool3d(2) | VOLUME
    AdaptiveMaxPool1d(3) | SEQUENCE
    AdaptiveMaxPool2d((3, 2), return_indices=True) | IMAGE
    AdaptiveMaxPool3d(2) | VOLUME
    FractionalMaxPool2d(2, output_size=3) | IMAGE
    FractionalMaxPool3d(2, output_ratio=0.5) | VOLUME
    BatchNorm1d(3) | t(5, 3)
    BatchNorm1d(4) | SEQUENCE
    BatchNorm1d(4, affine=False, momentum=0.3) | SEQUENCE
    BatchNorm2d(4) | IMAGE
    BatchNorm2d(4, momentum=None, eps=1e-3) | IMAGE
    BatchNorm2d(4, track_running_stats=False) | IMAGE
    BatchNorm2d(4, bias=False) | IMAGE
    BatchNorm2d(4, dtype=m.float64) | IMAGE
    BatchNorm3d(4) | VOLUME
    SyncBatchNorm(4) |
    LazyBatchNorm1d() | SEQUENCE
    LazyBatchNorm2d(momentum=0.2) | IMAGE
    LazyBatchNorm3d() | VOLUME
    InstanceNorm1d(4) | SEQUENCE
    InstanceNorm1d(4, affine=True) | t(4, 7)
    InstanceNorm2d(4, affine=True) | IMAGE
    InstanceNorm2d(4, track_running_stats=True) | IMAGE
    InstanceNorm2d(4, momentum=0.4, track_running_stats=True, affine=True, bias=False) | t(4, 6, 5)
    InstanceNorm3d(4) | VOLUME
    LazyInstanceNorm1d() | SEQUENCE
    LazyInstanceNorm2d() | IMAGE
    LazyInstanceNorm3d() | VOLUME
    LayerNorm(3) | X
    LayerNorm((6, 5), eps=1e-3) | IMAGE
    LayerNorm(3, elementwise_affine=False) | X
    LayerNorm([3], bias=False) | X
    LayerNorm(3, dtype=m.float64) | t(3)
    RMSNorm(3) | X
    RMSNorm((6, 5), eps=1e-3) | IMAGE
    RMSNorm(3, elementwise_affine=False) | X
    GroupNorm(2, 4) | IMAGE
    GroupNorm(4, 4, affine=False) | SEQUENCE
    GroupNorm(1, 4, bias=False) | t(2, 4)
    LocalResponseNorm(3) | IMAGE
    LocalResponseNorm(2, alpha=0.1, beta=0.5, k=2.0) | SEQUENCE
    CrossMapLRN2d(3) | IMAGE
    Dropout() | X
    Dropout(0.2) | t(40, 30)
    Dropout(0.0) | X
    Dropout(1.0) | X
    Dropout(0.3, inplace=True) | X * 1
    Dropout1d(0.4) | SEQUENCE
    Dropout1d(0.4) | t(4, 7)
    Dropout2d(0.4) | IMAGE
    Dropout2d(0.4, inplace=True) | IMAGE * 1
    Dropout3d(0.4) | VOLUME
    AlphaDropout(0.4) | X
    FeatureAlphaDropout(0.4) | IMAGE
    Sigmoid() | X
    Tanh() | input=X
    ReLU() | X
    ReLU(inplace=True) | X * 1
    ReLU6() | X
    ReLU6(True) | X * 1
    LeakyReLU() | X
    LeakyReLU(0.2, True) | X * 1
    PReLU() | X
    PReLU(3, 0.1) | X
    PReLU(num_parameters=4, dtype=m.float64) | IMAGE
    RReLU() | X
    RReLU(0.1, 0.3) | t(20, 5)
    RReLU(0.1, 0.3, True) | X * 1
    ELU(0.5) | X
    ELU(inplace=True) | X * 1
    CELU(0.5) | X
    CELU(0.5, inplace=True) | X * 1
    SELU() | X
    SELU(inplace=True) | X * 1
    GELU() | X
    GELU("tanh") | X
    SiLU() | X
    SiLU(inplace=True) | X * 1
    Mish() | X
    Softplus() | X
    Softplus(2, 3) | X
    Softsign() | X
    LogSigmoid() | X
    Tanhshrink() | X
    Softshrink() | X
    Hardshrink(0.3) | X
    Hardtanh() | X
    Hardtanh(-0.3, 0.4, True) | X * 1
    Hardsigmoid() | X
    Hardswish() | X
    Hardswish(True) | X * 1
    Threshold(0.1, 20) | X
    Threshold(0.1, 20, True) | X * 1
    GLU() | t(2, 4)
    GLU(0) | X
    Softmax(dim=1) | X
    Softmax() | X
    Softmax() | t(2, 3, 2)
    LogSoftmax(dim=-1) | X
    LogSoftmax() | t(4)
    Softmin(0) | X
    Softmax2d() | IMAGE
    Upsample(scale_factor=2) | IMAGE
    Upsample(scale_factor=(2, 1.5), mode="bilinear") | IMAGE
    Upsample((3, 9), mode="bicubic", align_corners=True) | IMAGE
    Upsample(9, mode="linear") | SEQUENCE
    Upsample(scale_factor=1.3, mode="trilinear", recompute_scale_factor=True) | VOLUME
    UpsamplingNearest2d(scale_factor=2) | IMAGE
    UpsamplingBilinear2d((4, 4)) | IMAGE
    PixelShuffle(2) | IMAGE
    PixelUnshuffle(3) | t(2, 1, 6, 3)
    ChannelShuffle(2) | IMAGE
    ZeroPad1d(2) | SEQUENCE
    ZeroPad2d((1, 2, 0, 1)) | IMAGE
    ZeroPad2d((-1, 2, 0, -1)) | t(4, 6, 5)
    ZeroPad3d(1) | VOLUME
    ConstantPad1d((1, 2), 3.5) | SEQUENCE
    ConstantPad2d(1, 2) | IMAGE
    ConstantPad3d(1, 0.5) | VOLUME
    ReflectionPad1d(2) | SEQUENCE
    ReflectionPad2d((1, 0, 2, 1)) | IMAGE
    ReflectionPad3d(1) | VOLUME
    ReplicationPad1d(2) | t(4, 7)
    ReplicationPad2d(1) | IMAGE
    ReplicationPad3d(1) | VOLUME
    CircularPad1d(2) | SEQUENCE
    CircularPad2d(1) | IMAGE
    CircularPad3d(1) | VOLUME
    CosineSimilarity() | X, X
    CosineSimilarity(dim=0) | x1=X, x2=X
    PairwiseDistance() | X, X
    PairwiseDistance(1.0, keepdim=True) | X, X
    Unfold(2, padding=1) | IMAGE
    Fold((6, 5), 2, stride=1) | t(2, 8, 20)
    Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2))) | X
    Sequential(OrderedDict(a=nn.Linear(3, 3), b=nn.Tanh())) | input=X
    Sequential() | X
    ModuleList([nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)]) |
    ModuleList([nn.Sequential(nn.Tanh(), nn.Tanh())] + [nn.Sequential(nn.Tanh())] * 2) |
    ModuleList() |
    ModuleDict({"a": nn.Linear(2, 2), "b": nn.Tanh()}) |
    ParameterList([m.ones(2, 3), nn.Parameter(m.zeros(2))]) |
    ParameterList([m.ones(2)]) |
    ParameterDict({"a": m.ones(2), "b": m.zeros(2, 3)}) |
"""
LOSSES = """
    L1Loss() | X, X
    L1Loss(reduction="sum") | input=X, target=X
    MSELoss() | X, X
    MSELoss(reduction="none") | X, t(1, 3)
    MSELoss(size_average=False) | X, X
    MSELoss(None, False) | X, X
    SmoothL1Loss(beta=0.5) | X, X
    HuberLoss("sum", 0.7) | X, X
    NLLLoss() | t(4, 3), i(3, 4)
    NLLLoss(weight=m.tensor([0.5, 2.0, 1.0]), ignore_index=1, reduction="sum") | t(4, 3), i(3, 4)
    NLLLoss() | t(2, 3, 4, 5), i(3, 2, 4, 5)
    CrossEntropyLoss() | t(4, 3), i(3, 4)
    CrossEntropyLoss(label_smoothing=0.1, ignore_index=2) | t(4, 3), i(3, 4)
    CrossEntropyLoss(m.tensor([0.5, 2.0, 1.0]), reduction="none") | t(2, 3, 4), i(3, 2, 4)
    CrossEntropyLoss(weight=m.tensor([0.5, 2.0, 1.0]), label_smoothing=0.2) | t(4, 3), p(4, 3)
    CrossEntropyLoss() | input=t(3), target=m.tensor(2)
    BCELoss() | p(4, 3), p(4, 3)
    BCELoss(m.tensor([0.5, 2.0, 1.0]), reduction="sum") | t(4, 3).sigmoid(), p(4, 3)
    BCEWithLogitsLoss() | t(4, 3), p(4, 3)
    BCEWithLogitsLoss(pos_weight=m.tensor([0.5, 2.0, 1.0]), reduction="none") | t(4, 3), p(4, 3)
    KLDivLoss(reduction="batchmean") | X, p(2, 3)
    KLDivLoss(log_target=True) | X, X
    PoissonNLLLoss() | X, p(2, 3)
    PoissonNLLLoss(log_input=False, full=True, eps=1e-3) | t(2, 3).exp(), 4 * p(2, 3)
    GaussianNLLLoss() | X, X, t(2, 3).exp()
    GaussianNLLLoss(full=True, eps=0.1, reduction="sum") | X, X, p(2, 1)
    SoftMarginLoss() | X, s(2, 3)
    HingeEmbeddingLoss(0.5) | X, s(2, 3)
    MarginRankingLoss(margin=0.3) | t(4), t(4), s(4)
    CosineEmbeddingLoss(0.1, reduction="none") | t(4, 3), t(4, 3), s(4)
    TripletMarginLoss(1.5, p=1, swap=True) | t(4, 3), t(4, 3), t(4, 3)
    TripletMarginLoss() | anchor=t(4, 3), positive=t(4, 3), negative=t(4, 3)
    TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(1)) | X, X, X
    TripletMarginWithDistanceLoss(margin=0.5, swap=True, reduction="sum") | X, X, X
    MultiMarginLoss() | t(4, 3), i(3, 4)
    MultiMarginLoss(2, 0.5, m.tensor([0.5, 2.0, 1.0])) | t(4, 3), i(3, 4)
    MultiLabelMarginLoss() | t(3), m.tensor([2, -1, 0])
    MultiLabelSoftMarginLoss() | X, p(2, 3)
    MultiLabelSoftMarginLoss(m.tensor([0.5, 2.0, 1.0]), reduction="none") | X, p(2, 3)
    CTCLoss() | t(6, 2, 4).log_softmax(2), m.tensor([[1, 2], [3, 3]]), (6, 5), (2, 2)
    AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4]) | t(5, 4), i(6, 5)
"""
NETWORKS = """
    RNN(3, 4) | t(5, 2, 3)
    RNN(3, 4, 2, nonlinearity="relu", bidirectional=True, batch_first=True) | t(2, 5, 3)
    RNN(3, 4, 2, "tanh", False) | t(5, 3), t(2, 4)
    RNN(3, 4, dtype=m.float64) | input=t(5, 2, 3), hx=t(1, 2, 4)
    LSTM(3, 4) | t(5, 2, 3)
    LSTM(3, 4, num_layers=3, dropout=0.5) | t(5, 2, 3), (t(3, 2, 4), t(3, 2, 4))
    LSTM(3, 4, 2, bias=False, batch_first=True) | t(2, 5, 3)
    LSTM(3, 4, bidirectional=True, num_layers=2, dropout=0.2) | packed(t(5, 3, 3), [3, 5, 1])
    LSTM(3, 4, bidirectional=True) | packed(t(5, 3, 3), [3, 5, 1]), (t(2, 3, 4), t(2, 3, 4))
    LSTM(3, 4, proj_size=2, num_layers=2) | t(5, 3)
    LSTM(3, 4, proj_size=2, bidirectional=True, batch_first=True) | t(2, 5, 3)
    LSTM(input_size=3, hidden_size=4, num_layers=1, batch_first=True, dropout=0.3) | t(2, 5, 3)
    GRU(3, 4) | t(5, 2, 3)
    GRU(3, 4, 2, True, False, 0.5, True) | t(5, 2, 3)
    GRU(3, 4, bias=False) | packed(t(5, 3, 3), [5, 2, 1]), t(1, 3, 4)
    GRU(3, 4, num_layers=2, batch_first=True) | t(5, 3), t(2, 4)
    RNNCell(3, 4) | t(2, 3)
    RNNCell(3, 4, False, "relu") | t(3), t(4)
    LSTMCell(3, 4) | t(2, 3)
    LSTMCell(3, 4, bias=False) | t(2, 3), (t(2, 4), t(2, 4))
    LSTMCell(3, 4) | input=t(3), hx=(t(4), t(4))
    GRUCell(3, 4) | t(2, 3), t(2, 4)
    GRUCell(3, 4, bias=False) | t(3)
    MultiheadAttention(4, 2) | t(5, 2, 4), t(6, 2, 4), t(6, 2, 4)
    MultiheadAttention(4, 2, bias=False) | t(5, 4), t(6, 4), t(6, 4), need_weights=False
    MultiheadAttention(4, 2, kdim=3, vdim=2) | t(5, 2, 4), t(6, 2, 3), t(6, 2, 2), b(2, 6)
    MultiheadAttention(4, 2, batch_first=True) | *[t(2, 5, 4)] * 3, attn_mask=t(4, 5, 5)
    MultiheadAttention(4, 2, 0.5) | t(5, 2, 4), t(5, 2, 4), t(5, 2, 4), average_attn_weights=False
    MultiheadAttention(4, 2) | *[t(5, 2, 4)] * 3, attn_mask=causal(5) < 0
    MultiheadAttention(4, 2) | *[t(5, 2, 4)] * 3, None, False, causal(5), is_causal=True
    MultiheadAttention(4, 2, dropout=0.3) | *[t(5, 2, 4)] * 3, b(2, 5), False, causal(5)
    MultiheadAttention(4, 2, add_bias_kv=True) | *[t(5, 2, 4)] * 3, b(2, 5), attn_mask=causal(5)
    MultiheadAttention(4, 2, add_zero_attn=True, add_bias_kv=True) | *[t(5, 4)] * 3, b(5)
    TransformerEncoderLayer(4, 2, 6) | t(5, 2, 4)
    TransformerEncoderLayer(4, 2, 6, 0.0, activation="gelu", norm_first=True) | t(5, 4)
    TransformerEncoderLayer(4, 2, 6, batch_first=True) | t(2, 5, 4), causal(5), b(2, 5), True
    TransformerEncoderLayer(4, 2, 6, bias=False) | t(5, 2, 4)
    TransformerEncoderLayer(4, 2, 6, activation=nn.functional.gelu) | src=t(5, 2, 4), is_causal=False
    TransformerDecoderLayer(4, 2, 6) | t(3, 2, 4), t(5, 2, 4)
    TransformerDecoderLayer(4, 2, 6, 0.0, norm_first=True, layer_norm_eps=1e-3) | t(3, 4), t(5, 4)
    TransformerDecoderLayer(4, 2, 6) | *[t(5, 2, 4)] * 2, causal(5), memory_key_padding_mask=b(2, 5)
    TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6), 2, nn.LayerNorm(4)) | t(5, 2, 4)
    TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.0), 2) | t(5, 2, 4), mask=causal(5)
    TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6), 2) | t(3, 4), t(5, 4)
    Transformer(4, 2, 2, 1, 6) | t(5, 2, 4), t(3, 2, 4)
    Transformer(4, 2, 1, 2, 6, 0.0, batch_first=True, norm_first=True) | t(2, 5, 4), t(2, 3, 4)
    Transformer(4, 2, 1, 1, 6, bias=False, activation="gelu") | t(5, 4), t(3, 4), tgt_mask=causal(3)
    Transformer(4, 2, 1, 1, 6) | t(5, 2, 4), t(3, 2, 4), src_key_padding_mask=b(2, 5)
"""
LINES = [line.strip() for line in (MODULES + LOSSES + NETWORKS).splitlines() if line.strip()]


def there(line):
    """Whether the class of a line exists here."""
    return hasattr(tg.nn, line.partition("(")[0])


class Arguments:
    """What the arguments of a call are made of, for one library: the same numbers for each."""

    def __init__(self, m, dtype):
        self.m, self.dtype, self.random, self.leaves = m, dtype, np.random.default_rng(0), []

    def of(self, a):
        return self.m.from_numpy(a.astype(self.dtype) if a.dtype.kind == "f" else a)

    def t(self, *shape):
        self.leaves.append(self.of(1.5 * self.random.normal(size=shape)).requires_grad_())
        return self.leaves[-1]

    def i(self, n, *shape):
        """Each index once along the last dimension, as far as there are any."""
        last = shape[-1] if shape else 1
        rows = [self.random.permutation(max(n, last))[:last] % n
                for _ in range(np.prod(shape[:-1], dtype=int))]
        return self.of(np.reshape(rows, shape).astype(np.int64))

    def p(self, *shape):
        return self.of(self.random.uniform(0.05, 0.95, shape))

    def s(self, *shape):
        return self.of(self.random.choice([-1.0, 1.0], shape))

    def b(self, *shape):
        mask = self.random.random(shape) < 0.4
        mask[..., 0] = False
        return self.of(mask)

    def causal(self, n):
        mask = self.m.nn.Transformer.generate_square_subsequent_mask
        return mask(n, dtype=getattr(self.m, self.dtype))

    def packed(self, x, lengths):
        return self.m.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)

    def call(self, layer, text):
        for word, meaning in WORDS.items():
            text = re.sub(rf"\b{word}\b", meaning, text)
        names = {k: getattr(self, k) for k in ("t", "i", "p", "s", "b", "causal", "packed")}
        return eval(f"layer({text})", {**names, "layer": layer, "m": self.m})


def flat(m, y):
    """The tensors of a result."""
    return [y] if isinstance(y, m.Tensor) else [t for part in y or () for t in flat(m, part)]


def made(m, call):
    m.manual_seed(3)
    return eval("nn." + call, {"m": m, "nn": m.nn, "OrderedDict": OrderedDict})


def run(m, line):
    """What a module does, step by step, as (what, text or tensor)."""
    call, _, text = line.partition(" |")
    layer = made(m, call)
    yield "repr", repr(layer)
    yield from state(layer, "made") if "Lazy" not in call else ()
    for stage in ("trained", "copied", "evaluated") if text else ():
        layer = {"trained": lambda x: x, "copied": copy.deepcopy,
                 "evaluated": lambda x: pickle.loads(pickle.dumps(x)).eval()}[stage](layer)
        args = Arguments(m, "float64" if "float64" in line else "float32")
        results = flat(m, args.call(layer, text))
        yield f"{stage}: next", m.rand(1)
        yield from ((f"{stage}: result {i}", y) for i, y in enumerate(results))
        yield f"{stage}: repr", repr(layer)
        if loss := weighted(args, results):
            sum(loss).backward()
        for name, v in [*enumerate(args.leaves), *layer.named_parameters()]:
            yield f"{stage}: gradient {name}", v.grad
            v.grad = None
        yield from state(layer, stage)
    if text:
        yield "second", second(m, layer.train().double(), text)


def state(layer, stage):
    for name, v in layer.state_dict().items():
        yield f"{stage}: {name}", v


def weighted(args, results):
    """The sums of random multiples of the results that require a gradient."""
    return [(y * args.of(args.random.normal(size=tuple(y.shape)))).sum() for y in results
            if y.requires_grad]


def second(m, layer, text):
    """First and second derivatives, those of the sum of all squared gradients, in float64; None where
    PyTorch has no second ones.
    """
    args = Arguments(m, "float64")
    with m.no_grad():
        for v in layer.state_dict().values():
            if v.is_floating_point():
                v.copy_(args.of(args.random.uniform(0.1, 0.6, tuple(v.shape))))
    m.manual_seed(4)
    loss = weighted(args, flat(m, args.call(layer, text)))
    leaves = [*args.leaves, *layer.parameters()]
    if not loss:
        return []
    first = m.autograd.grad(sum(loss), leaves, create_graph=True, allow_unused=True)
    squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
    try:
        found = m.autograd.grad(squares, leaves, allow_unused=True) if squares else [None] * len(leaves)
    except RuntimeError as error:
        if m is tg or "not implemented" not in str(error):
            raise
        return None
    return [m.zeros_like(v) if g is None else g for part in (first, found)
            for g, v in zip(part, leaves, strict=True)]


def agree(what, a, b, tol):
    if isinstance(b, torch.Tensor):
        assert tuple(a.shape) == tuple(b.shape) and str(a.dtype) == str(b.dtype), what
        b = b.numpy(force=True)
        scale = tol * (1 + np.max(np.abs(b[np.isfinite(b)]), initial=0)) if b.dtype.kind == "f" else 0
        np.testing.assert_allclose(a.detach().numpy(), b, 0, scale, err_msg=what)
    else:
        assert a == b, what


@pytest.mark.parametrize("line", filter(there, LINES))
@pytest.mark.filterwarnings("ignore")
def test_modules_are_pytorchs(line):
    for (what, a), (also, b) in zip(run(tg, line), run(torch, line), strict=True):
        assert what == also
        if what == "second":
            for i, (x, y) in enumerate(zip(a, b, strict=True) if b is not None else ()):
                agree(f"second {i}", x, y, 1e-9)
        else:
            agree(what, a, b, 1e-9 if "float64" in line else 1e-5)


NOT_KEPT = """
    ReLU6.min_val ReLU6.max_val Upsample.name UpsamplingNearest2d.name UpsamplingBilinear2d.name
    PairwiseDistance.norm TransformerEncoderLayer.activation_relu_or_gelu
    TransformerEncoder.enable_nested_tensor TransformerEncoder.use_nested_tensor
    TransformerEncoder.mask_check
""".split()


@pytest.mark.parametrize("line", sorted({line.partition(" |")[0] for line in filter(there, LINES)}))
@pytest.mark.filterwarnings("ignore")
def test_options_are_attributes_as_in_pytorch(line):
    ours, theirs = (made(m, line) for m in (tg, torch))
    for name, option in vars(theirs).items():
        if (isinstance(option, int | float | str | tuple | list | None) and name[0] != "_"
                and f"{type(ours).__name__}.{name}" not in NOT_KEPT):
            mine = getattr(ours, name)
            assert mine == option or str(mine) == str(option), name


def test_every_module_has_a_line():
    lines = {line.partition("(")[0] for line in LINES}
    modules = {name for name, x in vars(tg.nn).items()
               if isinstance(x, type) and issubclass(x, tg.nn.Module)}
    assert modules - lines == {"Module", "RNNBase", "RNNCellBase", "DataParallel"}  # bases, a stand-in


# ── functions with parameters ───────────────────────────────────────────────────────────────────

def of(*shape):
    """Numbers of the first operand's dtype, or none."""
    return either(x(shape, dtype=None), x(shape, dtype=None), None)


def still(low, *shape):
    """Numbers above ``low`` without a gradient."""
    def f(c):
        a = Array(c.random.uniform(low, 2, shape).astype(c.dtype))
        a.wants = False
        c.arrays.append(a)
        return a
    return Drawn(f)


normalized = Drawn(lambda c: c.value(of(*c.args[1])))


def moved(name):
    """A function of x, of running values that it changes, of weight and bias; and the values after."""
    def f(m, x, average, variance, *more, **kw):
        average, variance = average.clone(), variance.clone()
        return getattr(m.nn.functional, name)(x, average, variance, *more, **kw), average, variance
    return f


def full(c):
    return c.arrays[0].values.size > 0


images = either(x((3, 4)), x((2, 4, 3)), x((2, 4, 1, 2)), x((1, 4)), x((2, 4, 0)), x((2, 3, 2)))
channels = of(4), of(4)
running = still(-2, 4), still(0.1, 4)

test_functions = differential(
    op("linear", either(x((3,)), x((2, 3)), x((0, 3)), x((2, 1, 3)), x(())),
       either(x((4, 3), dtype=None), x((4, 2), dtype=None), x((4, 3))), of(4)),
    op("bilinear", either(x((2, 3)), x((3,)), x((2, 1, 3)), x((1, 3))),
       either(same(), x(lambda c: (*c.shape[:-1], 2), dtype=None)), x((4, 3, 2), dtype=None), of(4)),
    op("layer_norm", either(x((2, 3, 4)), x((4,)), x((0, 4))), one_of((4,), (3, 4), (2,), (1,)),
       normalized, normalized, eps=maybe(0.1)).but(tol=10),
    op("rms_norm", either(x((2, 3, 4)), x((4,))), one_of((4,), (3, 4), (2,)), normalized,
       eps=maybe(one_of(0.1, None))).but(tol=10),
    op("group_norm", images, one_of(1, 2, 4, 3), *channels, eps=maybe(0.1)).but(
        tol=100, where=lambda c: c.arrays[0].values.size > c.args[1]),
    op("batch_norm", images, None, None, *channels, training=flag(), eps=maybe(0.1)).but(
        tol=100, where=full),
    op("batch_norm with running values", moved("batch_norm"), images, *running, *channels,
       training=flag(), momentum=maybe(one_of(0.5, 0.0)), eps=maybe(0.1)).but(
           tol=100, order=1),  # without a weight PyTorch's second derivatives are 0
    op("instance_norm", images, None, None, *channels, use_input_stats=flag(),
       eps=maybe(0.1)).but(tol=100),
    op("instance_norm with running values", moved("instance_norm"), images, *running, *channels,
       use_input_stats=flag(), momentum=maybe(one_of(0.5, 0.0)), eps=maybe(0.1)).but(tol=100),
    op("local_response_norm", images, one_of(1, 2, 3, 5), alpha=maybe(0.5), beta=maybe(0.5),
       k=maybe(2.0)),
    op("embedding", either(index(5, (2, 3)), index(5, ()), index(6, (4,))), x((5, 3)),
       padding_idx=maybe(one_of(0, -1)), scale_grad_by_freq=maybe(flag())),
    op("embedding_bag", index(5, (2, 3)), x((5, 3)), mode=maybe(one_of("sum", "mean", "max", "typo")),
       padding_idx=maybe(one_of(0, -1))).but(order=1),
    op("embedding_bag with offsets", lambda m, i, w, **kw: m.nn.functional.embedding_bag(
        i, w, m.tensor([0, 2, 5]), **kw), index(5, (5,)), x((5, 3)), mode=maybe(one_of("sum", "max")),
       include_last_offset=maybe(flag())).but(order=1),
)


# ── wrong calls ─────────────────────────────────────────────────────────────────────────────────
#
# x is (2, 3), p a parameter with a gradient. What PyTorch raises is raised here.

WRONG = """
    nn.AdaptiveAvgPool1d(2)(m.ones(3))
    nn.AdaptiveAvgPool2d("a")(m.ones(1, 1, 4, 4))
    nn.AdaptiveAvgPool2d((1, 2, 3))(m.ones(1, 1, 4, 4))
    nn.AdaptiveAvgPool2d(-1)(m.ones(1, 1, 4, 4))
    nn.AdaptiveMaxPool2d(2)(m.ones(3))
    nn.AlphaDropout(2)
    nn.AvgPool1d(5)(x)
    nn.AvgPool2d(2, divisor_override=0)(m.ones(1, 1, 4, 4))
    nn.AvgPool2d(2, padding=2)(m.ones(1, 1, 4, 4))
    nn.AvgPool3d(2)(x)
    nn.BCELoss()(x * 2, x)
    nn.BCELoss()(x, m.ones(3))
    nn.BCELoss()(x, x.double())
    nn.BCELoss()(x, x.long())
    nn.BCEWithLogitsLoss()(x, m.ones(3))
    nn.BCEWithLogitsLoss(pos_weight=m.ones(5))(x, x)
    nn.BatchNorm1d("a")
    nn.BatchNorm1d(-1)
    nn.BatchNorm1d(3)(m.ones(1, 3))
    nn.BatchNorm1d(3)(m.ones(3))
    nn.BatchNorm1d(3)(x.double())
    nn.BatchNorm1d(4)(x)
    nn.BatchNorm2d(3)(x)
    nn.BatchNorm3d(3)(x)
    nn.Bilinear(0, 1, 1)
    nn.Bilinear(2, 3, 4)(x, x)
    nn.Bilinear(3, 3, 4)(m.tensor(1.0), x)
    nn.CELU(0)(x)
    nn.ChannelShuffle(2)(m.ones(1, 3, 2, 2))
    nn.CircularPad1d(5)(m.ones(1, 2, 3))
    nn.CircularPad2d(1)(m.ones(3))
    nn.Conv1d(2, 4, 2)(x.double())
    nn.Conv1d(3, 4, 3)(x)
    nn.Conv2d(-3, 4, 3)
    nn.Conv2d(3, 4)
    nn.Conv2d(3, 4, "a")
    nn.Conv2d(3, 4, (3, 3, 3))(m.ones(1, 3, 8, 8))
    nn.Conv2d(3, 4, 3)(x)
    nn.Conv2d(3, 4, 3, groups=0)
    nn.Conv2d(3, 4, 3, padding="same", stride=2)
    nn.Conv2d(3, 4, 3, padding="x")
    nn.Conv2d(3, 4, 3, padding_mode="typo")
    nn.Conv2d(3, 4, 3, stride=0)(m.ones(1, 3, 8, 8))
    nn.Conv2d(3, 5, 3, groups=3)
    nn.Conv2d(4, 5, 3, groups=2)
    nn.Conv3d(3, 4, 3)(x)
    nn.ConvTranspose1d(3, 4, 3)(m.ones(4))
    nn.ConvTranspose2d(1, 1, 3)(m.ones(1, 1, 3, 3), output_size=(5,))
    nn.ConvTranspose2d(1, 1, 3)(m.ones(1, 1, 3, 3), output_size=(9, 9))
    nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect")
    nn.ConvTranspose3d(1, 1, 3)(x)
    nn.CosineEmbeddingLoss()(x, m.ones(4, 3), m.ones(2))
    nn.CosineEmbeddingLoss()(x, x, m.ones(5))
    nn.CosineSimilarity()(x, m.ones(3, 4))
    nn.CrossEntropyLoss()([1.0], m.tensor([0]))
    nn.CrossEntropyLoss()(x)
    nn.CrossEntropyLoss()(x, m.tensor([0, 1, 2]))
    nn.CrossEntropyLoss()(x, m.tensor([0, 5]))
    nn.CrossEntropyLoss()(x, m.tensor([0.0, 1.0]))
    nn.CrossEntropyLoss(label_smoothing=2)(x, m.tensor([0, 1]))
    nn.CrossEntropyLoss(reduction="x")(x, m.tensor([0, 1]))
    nn.Dropout("a")
    nn.Dropout(-1)
    nn.Dropout1d()(m.ones(2))
    nn.Embedding("a", 3)
    nn.Embedding(3, 2)(m.tensor([-1]))
    nn.Embedding(3, 2)(m.tensor([3]))
    nn.Embedding(3, 2)(x)
    nn.Embedding(3, 3, _weight=m.ones(2, 3))
    nn.Embedding(3, 3, padding_idx=-4)
    nn.Embedding(3, 3, padding_idx=3)
    nn.EmbeddingBag(3, 2)(m.tensor(1))
    nn.EmbeddingBag(3, 2)(m.tensor([1, 2]))
    nn.EmbeddingBag(3, 2)(m.tensor([1, 2]), m.tensor([0, 5]))
    nn.EmbeddingBag(3, 2)(m.tensor([1, 2]), m.tensor([1]))
    nn.EmbeddingBag(3, 3, mode="x")(m.tensor([[0]]))
    nn.FeatureAlphaDropout(-1)
    nn.Flatten()([1.0])
    nn.Flatten(5)(x)
    nn.Fold((4, 5), 2)(m.ones(1, 3, 12))
    nn.GELU("typo")(x)
    nn.GLU()(m.ones(3))
    nn.GRU(3, 4)(m.zeros(0, 2, 3))
    nn.GRU(3, 4)(m.zeros(5, 2, 3), m.zeros(1, 3, 4))
    nn.GRU(3, 4, proj_size=2)
    nn.GRUCell(2, 3)(m.ones(4, 3))
    nn.GaussianNLLLoss()(x, x, -x)
    nn.GaussianNLLLoss()(x, x, m.ones(5))
    nn.GroupNorm(0, 3)
    nn.GroupNorm(1, 3)(x.double())
    nn.GroupNorm(2, 3)
    nn.Hardtanh(2, 1)
    nn.HingeEmbeddingLoss()(x, [1.0])
    nn.HuberLoss(delta=-1)(x, x)
    nn.InstanceNorm1d(3)(m.ones(2, 3, 1))
    nn.InstanceNorm2d(3)(x)
    nn.InstanceNorm3d(3)(x)
    nn.KLDivLoss(reduction="x")(x, x)
    nn.L1Loss()(x, m.ones(4, 4))
    nn.L1Loss(reduction="typo")(x, x)
    nn.LPPool1d(2, 5)(x)
    nn.LSTM(2)
    nn.LSTM(2, 3, dropout=-1)
    nn.LSTM(2, 3, num_layers=0)
    nn.LSTM(3, 4)(m.zeros(3))
    nn.LSTM(3, 4)(m.zeros(5, 2, 4))
    nn.LSTM(3, 4, dropout=2)
    nn.LSTM(3, 4, proj_size=4)
    nn.LSTMCell(2, 3)(m.ones(4, 2), m.ones(4, 3))
    nn.LSTMCell(3, 4)(m.zeros(2, 2, 3))
    nn.LSTMCell(3, 4)(m.zeros(2, 5))
    nn.LayerNorm("a")
    nn.LayerNorm((2.5,))
    nn.LayerNorm(3)(x.double())
    nn.LazyConv1d(2, 2)(m.ones(4))
    nn.LazyConv2d(2, 2)(x)
    nn.LazyLinear(2)(5)
    nn.Linear("a", 3)
    nn.Linear(-2, 3)
    nn.Linear(2)
    nn.Linear(2, 3).load_state_dict([])
    nn.Linear(2, 3).to("x")
    nn.Linear(2, 3).to(m.int64)
    nn.Linear(2, 3, bogus=1)
    nn.Linear(2, 3, dtype=m.int64)
    nn.Linear(2.5, 3)
    nn.Linear(3, 2)([1.0, 2.0, 3.0])
    nn.Linear(3, 2)(m.ones(2, 4))
    nn.Linear(3, 2)(x.double())
    nn.LocalResponseNorm(2)(x)
    nn.LogSoftmax(4)(x)
    nn.MSELoss()(x)
    nn.MSELoss()(x, m.ones(4, 4))
    nn.MarginRankingLoss()(x, x, m.ones(2, 3, 1))
    nn.MaxPool1d(2)(m.ones(1, 2, 3, 4))
    nn.MaxPool2d()
    nn.MaxPool2d(0)(m.ones(1, 1, 4, 4))
    nn.MaxPool2d(2, padding=2)(m.ones(1, 1, 4, 4))
    nn.MaxPool2d(2, stride=0)(m.ones(1, 1, 4, 4))
    nn.MaxPool2d(5)(m.ones(1, 1, 4, 4))
    nn.MaxPool3d(2)(x)
    nn.MaxUnpool2d(2)(m.ones(1, 1, 2, 2), m.full((1, 1, 2, 2), 99))
    nn.MaxUnpool2d(2)(m.ones(1, 1, 2, 2), m.ones(1, 1, 2, 2))
    nn.Module().load_state_dict({"a": 1})
    nn.ModuleDict({"": nn.Tanh()})
    nn.ModuleDict({"a": 1})
    nn.ModuleDict({"a.b": nn.Tanh()})
    nn.ModuleList(5)
    nn.ModuleList([1])
    nn.MultiLabelMarginLoss()(x, m.ones(2, 3))
    nn.MultiLabelSoftMarginLoss()(m.tensor(1.0), x)
    nn.MultiheadAttention(0, 3)
    nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, attn_mask=m.zeros(2, 5))
    nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, is_causal=True)
    nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, m.zeros(5, 2))
    nn.MultiheadAttention(4, 2)(m.zeros(5, 2, 4), m.zeros(5, 4), m.zeros(5, 4))
    nn.MultiheadAttention(4, 3)
    nn.MultiheadAttention(5, 2)
    nn.NLLLoss()(x, m.tensor([0.5, 1]))
    nn.NLLLoss(weight=m.ones(2))(x, m.tensor([0, 1]))
    nn.NLLLoss(weight=m.ones(3).double())(x, m.tensor([0, 1]))
    nn.PReLU()(x.double())
    nn.PReLU(2)(m.ones(2))
    nn.PReLU(2)(x)
    nn.PReLU(3)(x.T)
    nn.PairwiseDistance()(x, m.ones(3, 4))
    nn.Parameter(m.ones(2).long())
    nn.PixelShuffle(2)(m.ones(1, 3, 2, 2))
    nn.PixelShuffle(2)(m.ones(3))
    nn.PixelUnshuffle(2)(m.ones(1, 3, 3, 3))
    nn.PoissonNLLLoss(reduction="typo")(x, x)
    nn.RMSNorm(4)(x)
    nn.RNN(3, 0)
    nn.RNN(3, 4)(m.zeros(5, 2, 3).double())
    nn.RNN(3, 4, 0)
    nn.RNN(3, 4, nonlinearity="sin")
    nn.RNN(3, 4.5)
    nn.RReLU(0.5, 0.1)(x)
    nn.ReflectionPad1d(5)(m.ones(1, 2, 3))
    nn.ReflectionPad2d((1, 2, 3))(m.ones(1, 1, 2, 2))
    nn.ReflectionPad2d(5)(m.ones(1, 1, 2, 2))
    nn.ReflectionPad3d(1)(x)
    nn.ReplicationPad2d(1)(m.ones(3))
    nn.Sequential(1)
    nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 3))(x)
    nn.SmoothL1Loss(beta=-1)(x, x)
    nn.SoftMarginLoss()(m.ones(3), x)
    nn.SoftMarginLoss()(x, m.ones(4))
    nn.Softmax("a")(x)
    nn.Softmax(5)(x)
    nn.Softmax2d()(x)
    nn.Softshrink(-1)(x)
    nn.Threshold()
    nn.Threshold(1)
    nn.Transformer(4, 2, 1, 1, 8)(m.zeros(5, 2, 4), m.zeros(5, 2, 3))
    nn.Transformer(4, 2, 1, 1, 8)(m.zeros(5, 2, 4), m.zeros(5, 3, 4))
    nn.Transformer(4, 3)
    nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6), 1)(m.ones(2, 2, 4), m.ones(2, 2, 3))
    nn.TransformerDecoderLayer(4, 2, 6)(m.ones(2, 2, 4), m.ones(2, 2, 3))
    nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6), 1)(m.ones(2, 2, 3))
    nn.TransformerEncoderLayer(4, 2, activation="tanh")
    nn.TransformerEncoderLayer(4, 2, activation="x")
    nn.TransformerEncoderLayer(5, 2)
    nn.TripletMarginLoss()(x, x, m.ones(3))
    nn.Unflatten(1, (2, 2))(x)
    nn.Unfold(3)(m.ones(1, 1, 2, 2))
    nn.Upsample((3, 9), mode="bicubic")(m.ones(1, 1, 2))
    nn.Upsample()(m.ones(1, 1, 2, 2))
    nn.Upsample(2, 2)(m.ones(1, 1, 2, 2))
    nn.Upsample(2, mode="nearest", align_corners=True)(m.ones(1, 1, 2, 2))
    nn.Upsample(2, mode="x")(m.ones(1, 1, 2, 2))
    nn.UpsamplingBilinear2d(4)(x)
    F.batch_norm(x, None, None)
    F.dropout(x, -0.1)
    F.group_norm(x, 2)
    F.layer_norm(x, (2,))
    F.layer_norm(x, (3,), m.ones(2))
    nn.init.calculate_gain("leaky_relu", "x")
    nn.init.calculate_gain("leaky_relu", True)
    nn.init.calculate_gain("x")
    nn.init.constant_(5, 1.0)
    nn.init.constant_(m.ones(2), "a")
    nn.init.constant_(m.ones(2), m.ones(2))
    nn.init.dirac_(m.ones(2, 2))
    nn.init.dirac_(m.ones(3, 2, 2), 2)
    nn.init.eye_(m.ones(2))
    nn.init.eye_(m.ones(2, 2, 2))
    nn.init.kaiming_normal_(m.ones(2, 2), a="x")
    nn.init.kaiming_normal_(m.ones(2, 2), mode="x")
    nn.init.kaiming_normal_(m.ones(2, 2), nonlinearity="x")
    nn.init.kaiming_uniform_(m.ones(2))
    nn.init.normal_(m.ones(2), 0, -1)
    nn.init.normal_(m.ones(2).long())
    nn.init.orthogonal_(m.ones(2))
    nn.init.sparse_(m.ones(2), 0.5)
    nn.init.sparse_(m.ones(2, 2, 2), 0.5)
    nn.init.trunc_normal_(m.ones(2), 0, 1, 5, -5)
    nn.init.uniform_(5)
    nn.init.uniform_(m.ones(2), 2, 1)
    nn.init.xavier_normal_(m.ones(2))
    nn.init.xavier_uniform_(m.ones(2))
    nn.utils.clip_grad_norm_([5], 1.0)
    nn.utils.clip_grad_value_([p], "a")
    nn.utils.parameters_to_vector([5])
    nn.utils.parameters_to_vector([])
    nn.utils.vector_to_parameters(5, [p])
    nn.utils.vector_to_parameters(m.ones(1), [p])
    rnn.pack_padded_sequence(m.ones(3, 2), [3, -1])
    rnn.pack_padded_sequence(m.ones(3, 2), [3, 4])
    rnn.pack_padded_sequence(m.ones(3, 2), [3])
    rnn.pack_padded_sequence(m.ones(3, 2), m.tensor([2, 3]))
    rnn.pack_sequence([])
    rnn.pack_sequence([m.ones(1), m.ones(3)])
    rnn.pad_packed_sequence(5)
    rnn.pad_packed_sequence(rnn.pack_sequence([m.ones(3)]), total_length=2)
    rnn.pad_sequence([])
    rnn.pad_sequence([m.ones(2)], padding_side="x")
    rnn.pad_sequence([m.ones(2, 3), m.ones(2, 4)])
"""


def outcome(m, call):
    p = m.nn.Parameter(m.ones(2))
    p.grad = m.ones(2)
    try:
        return eval(call, {"m": m, "nn": m.nn, "F": m.nn.functional, "rnn": m.nn.utils.rnn, "p": p,
                           "x": m.ones(2, 3)})
    except Exception as error:
        return error


@pytest.mark.parametrize("call", [line.strip() for line in WRONG.splitlines() if line.strip()])
@pytest.mark.filterwarnings("ignore")
def test_wrong_calls(call):
    theirs = outcome(torch, call)
    wanted = next(t for t in type(theirs).__mro__ if t.__module__ == "builtins")
    assert issubclass(wanted, Exception) and isinstance(outcome(tg, call), wanted)
