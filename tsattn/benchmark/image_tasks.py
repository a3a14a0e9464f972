"""Image tasks: digits, clothing, small photographs, objects from all sides.

Each takes a `sample`, a number of training images: in the classes' proportions, the same always.
"""

from functools import partial

from tsattn.benchmark.images import Images, ImageTask


def mnist(sample: int | None = None) -> Images:
    """MNIST (LeCun et al. 1998): 60000 + 10000 digits, 28 x 28, other writers to test."""
    from tsattn.datasets import load_mnist

    return Images.joined(load_mnist("train"), load_mnist("test")).sampled(sample)


def fashion_mnist(sample: int | None = None) -> Images:
    """Fashion-MNIST (Xiao et al. 2017): 60000 + 10000 pieces of clothing, 28 x 28."""
    from tsattn.datasets import load_fashion_mnist

    return Images.joined(load_fashion_mnist("train"), load_fashion_mnist("test")).sampled(sample)


def cifar10(sample: int | None = None) -> Images:
    """CIFAR-10 (Krizhevsky 2009), a balanced part of it: 15000 + 5000 photographs, 32 x 32 in colour."""
    from tsattn.datasets import load_cifar10

    return Images.joined(load_cifar10("train"), load_cifar10("test")).sampled(sample)


def coil20(sample: int | None = None, size: int = 32) -> Images:
    """COIL-20 (Nene et al. 1996): 20 objects, 720 + 560 pictures of them, from other sides to test."""
    from tsattn.datasets import load_coil20

    return Images.joined(load_coil20("train", size), load_coil20("test", size)).sampled(sample)


MNIST = ImageTask("mnist", mnist, about="60000 / 10000 digits, as given")
FASHION = ImageTask("fashion_mnist", fashion_mnist, about="60000 / 10000 pieces of clothing, as given")
CIFAR = ImageTask("cifar10", cifar10, about="15000 / 5000 photographs, a balanced part of the given ones")
COIL = ImageTask("coil20", coil20, about="20 objects; quarters of the turn to train and to test, 15 degrees between")


def sampled(task: ImageTask, n: int) -> ImageTask:
    """The task with so many training images, under a name of its own.

    Examples
    --------
    >>> sampled(MNIST, 6000).name
    'mnist-6000'
    """
    return ImageTask(f"{task.name}-{n}", partial(task.load, sample=n), task.split, task.folds,
                     about=f"{task.about}; {n} of the training images")
