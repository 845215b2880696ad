"""Where PyTorch keeps its SummaryWriter, which is not part of this library."""

raise ImportError("tinygrad_pt.utils.tensorboard: there is no SummaryWriter here; use tensorboardX's, "
                  "or keep losses in a list and plot them")
