"""Ctrl-C and SIGTERM: at once without a checkpoint; with one after the batch, with the last epoch on disk."""

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from tests.training.test_checkpoint import fit
from tsattn._files import read_tensors
from tsattn.training import loop as loop_module

ENDS = {signal.SIGTERM: SystemExit, signal.SIGINT: KeyboardInterrupt}


@contextmanager
def handlers(chosen):
    """Handlers of the caller, which must stand again afterwards."""
    before = {number: signal.signal(number, handler) for number, handler in chosen.items()}
    try:
        yield
        assert {number: signal.getsignal(number) for number in chosen} == chosen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


PLAIN = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}


@pytest.fixture
def signal_at(monkeypatch):
    """Let signals come while the so-many-th batch is learned from; returned are the batches that were."""
    step = loop_module._step

    def arm(places, *numbers):
        done = []

        def signalled(*arguments):
            if len(done) in places:
                for number in numbers:
                    signal.raise_signal(number)
            value = step(*arguments)
            done.append(value)
            return value

        monkeypatch.setattr(loop_module, "_step", signalled)
        return done

    return arm


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize(("batch", "every", "epochs"), [(1, 1, 0), (1, 3, 0), (10, 1, 3), (10, 2, 3), (10, 3, 3)])
def test_p52_the_batch_is_finished_and_the_last_epoch_is_on_disk(number, batch, every, epochs, signal_at, net, data,
                                                                 digest, tmp_path):
    asked = {"checkpoint": tmp_path / "progress", "checkpoint_every": every, "averaging": 0.9, "validation": 0.2}
    straight = digest(fit(net, data, averaging=0.9, validation=0.2).network)
    done = signal_at([batch], number)
    with handlers(PLAIN), pytest.raises(ENDS[number]) as error:
        fit(net, data, **asked)
    assert len(done) == batch + 1
    assert number == signal.SIGINT or error.value.code == 143
    assert len(read_tensors(tmp_path / "progress")[1]["history"]["rows"]) == epochs
    signal_at([])
    assert digest(fit(net, data, **asked).network) == straight
    assert not (tmp_path / "progress").exists()


@pytest.mark.long
@pytest.mark.parametrize("number", ENDS)
def test_p52_a_process_that_is_asked_to_stop_does_within_ten_seconds(number, program, tmp_path):
    checkpoint = tmp_path / "progress"
    process = subprocess.Popen([*program, tmp_path / "never", "epochs=100000", f'checkpoint="{checkpoint}"',
                                "checkpoint_every=9"], stderr=subprocess.DEVNULL)
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.01)
    began = time.perf_counter()
    process.send_signal(number)
    code = process.wait(20)
    assert time.perf_counter() - began < 10
    assert code == (143 if number == signal.SIGTERM else -signal.SIGINT)
    assert read_tensors(checkpoint)[1]["history"]["rows"]


def test_p52_a_handler_of_the_callers_own_decides(signal_at, net, data, digest, tmp_path):
    straight, heard = digest(fit(net, data).network), []
    signal_at([2, 9], signal.SIGTERM)
    with handlers(PLAIN | {signal.SIGTERM: lambda number, _: heard.append(number)}):
        went_on = fit(net, data, checkpoint=tmp_path / "progress")
    assert heard == [signal.SIGTERM] * 2
    assert digest(went_on.network) == straight


def test_p52_a_signal_that_is_ignored_stays_so(signal_at, net, data, digest, tmp_path):
    signal_at([2], signal.SIGTERM)
    with handlers(PLAIN | {signal.SIGTERM: signal.SIG_IGN}):
        fit(net, data, checkpoint=tmp_path / "progress")


def test_p52_a_second_signal_acts_at_once(signal_at, net, data, tmp_path):
    done = signal_at([3], signal.SIGTERM, signal.SIGINT)
    with handlers(PLAIN), pytest.raises((KeyboardInterrupt, SystemExit)):
        fit(net, data, checkpoint=tmp_path / "progress")
    assert len(done) == 3
    assert (tmp_path / "progress").exists()


def test_p52_one_that_comes_last_leaves_the_last_epoch(signal_at, net, data, monkeypatch, tmp_path):
    whole = loop_module._one_epoch

    def last(run):
        whole(run)
        if run.epoch == 6:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(loop_module, "_one_epoch", last)
    with handlers(PLAIN), pytest.raises(SystemExit):
        fit(net, data, checkpoint=tmp_path / "progress", checkpoint_every=4)
    assert len(read_tensors(tmp_path / "progress")[1]["history"]["rows"]) == 6


def test_p52_other_threads_train_without_handlers(net, data, tmp_path):
    with handlers(PLAIN):
        thread = threading.Thread(target=fit, args=(net, data), kwargs={"checkpoint": tmp_path / "progress"})
        thread.start()
        thread.join()
    assert list(tmp_path.iterdir()) == []


def test_p58_ctrl_c_passes_through_within_two_seconds(signal_at, net, data):
    done = signal_at([5], signal.SIGINT)
    with handlers(PLAIN), pytest.raises(KeyboardInterrupt):
        fit(net, data)
    assert len(done) == 5  # at once, as no checkpoint is to be written
    signal_at([])
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    with handlers(PLAIN):
        began = time.perf_counter()
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            fit(net, data, epochs=10**6)
    assert time.perf_counter() - began < 2.3
