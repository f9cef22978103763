"""Work in pieces: the rows of a study, and what is left of them where Ctrl-C or a limit ends it.

One Ctrl-C keeps what has been done: the pieces that ended, and of the one at hand the best until
then, should it have something. A second one is passed on at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from amopt.outcome import Stopped
from amopt.phrases import counted, plural
from amopt.program.ctrl_c import Heard, hearing
from amopt.program.solver.run import TwiceInterruptedError

if TYPE_CHECKING:
    from amopt.program.time import Budget

__all__ = ["ENDED", "CutShortError", "Pieces", "end"]

ENDED: Final = {Stopped.INTERRUPTED: "Ctrl-C", Stopped.TIME_LIMIT: "The time limit"}
"""What ends work before all of it is done, in words."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class CutShortError(KeyboardInterrupt):
    """Ctrl-C ended a piece of work that has something all the same.

    Attributes
    ----------
    best
        What it has until then, in the place of what it would have returned.
    """

    def __init__(self, best: Any) -> None:
        super().__init__(best)
        self.best = best


@dataclass
class Pieces:
    """How far work in pieces came.

    Attributes
    ----------
    every
        How many pieces there are.
    progress
        Told how many have ended, and how many there are.
    budget
        The time that all may take together; what is over ends the work between two pieces.
    ended
        How many ended by themselves.
    cut
        How many more were cut short, and have their best until then.
    stopped
        Why the work ended.
    """

    every: int
    progress: Callable[[int, int], None] | None = field(default=None, compare=False)
    budget: Budget | None = field(default=None, compare=False)
    ended: int = 0
    cut: int = 0
    stopped: Stopped = Stopped.FINISHED
    _heard: Heard = field(default_factory=Heard, compare=False, repr=False)

    @property
    def kept(self) -> int:
        """How many pieces have something: those that ended, and those that were cut short."""
        return self.ended + self.cut

    def done(
        self,
        items: Sequence[Item],
        of: Callable[[Item], Result],
        executor: Executor | None = None,
        *,
        whole: bool = False,
    ) -> dict[int, Result]:
        """Return what comes of each item, by its place, as far as Ctrl-C and the limit leave it.

        Parameters
        ----------
        items
            The pieces, or some of them: it may be called again for others.
        of
            Does one; :class:`CutShortError` is how it tells that Ctrl-C left it its best.
        executor
            Where the work is done; left out, here, one after the other.
        whole
            Whether a piece that returns though Ctrl-C came meanwhile is left out: ``of`` does not
            look at what its solves say of that.

        Raises
        ------
        TwiceInterruptedError
            At a second Ctrl-C.
        """
        found: dict[int, Result] = {}
        try:
            with self.hearing():
                if self.progress is not None and not self.ended:
                    self.progress(0, self.every)
                if executor is not None:
                    self._take_from(executor, found, items, of)
                    return dict(sorted(found.items()))
                for place, item in enumerate(items):
                    if self._is_over():
                        break
                    self._take(found, place, partial(of, item), whole=whole)
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            self.stopped = Stopped.INTERRUPTED
        return dict(sorted(found.items()))

    def require_any(self) -> None:
        """Raise where Ctrl-C left nothing to show.

        Raises
        ------
        KeyboardInterrupt
            When it ended the work before any piece of it was done.
        """
        if not self.kept and self.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt

    def in_words(self, noun: str, nouns: str = "") -> str:
        """Say how far it came, where it did not come to its end; else nothing."""
        if self.stopped is Stopped.FINISHED:
            return ""
        are = plural(self.ended, "is", "are")
        more = f", and {self.cut} more {plural(self.cut, 'has its', 'have their')} best until then"
        return (
            f"{ENDED[self.stopped]} ended it: {self.ended:,} of {counted(self.every, noun, nouns)} "
            f"{are} done{more if self.cut else ''}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return how far it came as plain data."""
        return {"stopped": str(self.stopped), "done": self.ended, "of": self.every}

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Hear of Ctrl-C, which a solver answers with its best, and others may not pass on."""
        with hearing(raises=True) as self._heard:
            yield

    def _is_over(self) -> bool:
        """Return whether something has ended the work, the limit included."""
        if self.stopped is Stopped.FINISHED and self.budget is not None and self.budget.is_over:
            self.stopped = Stopped.TIME_LIMIT
        if self._heard.pressed:
            self.stopped = Stopped.INTERRUPTED
        return self.stopped is not Stopped.FINISHED

    def _take(
        self,
        found: dict[int, Result],
        place: int,
        work: Callable[[], Result],
        *,
        whole: bool = False,
    ) -> None:
        """Keep what comes of a piece, or its best where Ctrl-C cut it short."""
        try:
            result = work()
        except CutShortError as ended:
            self.stopped = Stopped.INTERRUPTED
            self.cut += 1
            found[place] = ended.best
            return
        if self._heard.pressed and whole:
            raise KeyboardInterrupt
        found[place] = result
        self.ended += 1
        if self.progress is not None:
            self.progress(self.ended, self.every)

    def _take_from(
        self,
        executor: Executor,
        found: dict[int, Result],
        items: Sequence[Item],
        of: Callable[[Item], Result],
    ) -> None:
        """Keep what comes from an executor as it comes; at the end, of those that run already."""
        left = {executor.submit(of, item): place for place, item in enumerate(items)}
        try:
            for future in as_completed(tuple(left)):
                self._take(found, left.pop(future), future.result)
                if self._is_over():
                    break
        except TwiceInterruptedError:
            raise
        except KeyboardInterrupt:
            self.stopped = Stopped.INTERRUPTED
        except BaseException:
            for future in left:
                future.cancel()
            raise
        for future in end(left, executor, interrupted=self.stopped is Stopped.INTERRUPTED):
            with suppress(KeyboardInterrupt):
                self._take(found, left[future], future.result)


def end(
    running: Iterable[Future[Any]], executor: Executor, *, interrupted: bool = True
) -> list[Future[Any]]:
    """Wait for what an executor has begun, and return it; what has not begun does not.

    Parameters
    ----------
    running
        What was given to the executor.
    executor
        The executor; where it can pass Ctrl-C on to its work, it is asked to.
    interrupted
        Whether Ctrl-C is to be passed on.

    Raises
    ------
    TwiceInterruptedError
        At a second Ctrl-C meanwhile.
    """
    try:
        begun = [future for future in running if not future.cancel()]
        if begun and interrupted and hasattr(executor, "interrupt"):
            executor.interrupt()
        wait(begun)
    except KeyboardInterrupt:
        raise TwiceInterruptedError from None
    return begun
