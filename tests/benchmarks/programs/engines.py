# ruff: noqa: B905  (written as one writes it when learning)
"""Engines to compare with: the two classic ways to write a scalar autograd, and the floor."""


class Derived:
    """The operators that both write by means of + and * and **."""

    __slots__ = ()

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other ** -1

    def __rtruediv__(self, other):
        return other * self ** -1


class Closures(Derived):
    """As in micrograd: every node carries a function that hands its gradient on."""

    def __init__(self, data, parents=(), op=""):
        self.data = data
        self.grad = 0
        self._hand_on = lambda: None
        self._prev = set(parents)
        self._op = op

    def __add__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        total = Closures(self.data + other.data, (self, other), "+")

        def hand_on():
            self.grad += total.grad
            other.grad += total.grad
        total._hand_on = hand_on
        return total

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        product = Closures(self.data * other.data, (self, other), "*")

        def hand_on():
            self.grad += other.data * product.grad
            other.grad += self.data * product.grad
        product._hand_on = hand_on
        return product

    def __pow__(self, n):
        power = Closures(self.data ** n, (self,), f"**{n}")

        def hand_on():
            self.grad += n * self.data ** (n - 1) * power.grad
        power._hand_on = hand_on
        return power

    def relu(self):
        positive = Closures(0 if self.data < 0 else self.data, (self,), "ReLU")

        def hand_on():
            self.grad += (positive.data > 0) * positive.grad
        positive._hand_on = hand_on
        return positive

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent in v._prev:
                    visit(parent)
                order.append(v)
        visit(self)
        self.grad = 1
        for v in reversed(order):
            v._hand_on()



class Slopes(Derived):
    """As in the scalar GPTs: every node carries its operands and its slopes."""

    __slots__ = ("data", "grad", "parents", "slopes")

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Slopes) else Slopes(other)
        return Slopes(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Slopes) else Slopes(other)
        return Slopes(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Slopes(self.data ** n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        import math
        y = math.exp(self.data)
        return Slopes(y, (self,), (y,))

    def log(self):
        import math
        return Slopes(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return Slopes(max(0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent in v.parents:
                    visit(parent)
                order.append(v)
        visit(self)
        self.grad = 1
        for v in reversed(order):
            for parent, slope in zip(v.parents, v.slopes):
                parent.grad += slope * v.grad
