"""What "Dive into Deep Learning" asks of its book builder: which framework a chapter is read for."""


class tab:
    """The tabs of a page."""

    @staticmethod
    def selected(*names):
        return "pytorch" in names

    @staticmethod
    def interact_select(*_):
        pass
