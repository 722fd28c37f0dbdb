"""The entity workflow of a work order, around the pure core (docs/architecture.md#the-shell-makes-it-durable)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from domain.access.signal_proof import check, split_proof
from domain.calendar.business_calendar import CST
from domain.order import commands as c
from domain.order import internal_commands as r
from domain.order.agenda import Alarm, describe, next_alarm
from domain.order.decider import catch_up, decide, evolve, replay
from domain.order.effects import effects
from domain.order.events import Event, to_json
from domain.order.projection import project
from domain.order.read_model import RecordBatch
from domain.refusal import Refused
from domain.words import Role
from workflows.effect_activities import RETRY_RECORD_AFTER, record, verify_proof
from workflows.effects_under_way import EffectsUnderWay
from workflows.ids import WORK_ORDER
from workflows.messages import HEAD_START, Accepted, OrderSnapshot, WorkOrderInput
from workflows.search_attributes import attributes, changes
from workflows.ui_texts import brief, details
from workflows.update_handlers import read, refusal, update_for

SignalBody = c.Decide | r.AdoptPolicy | r.AdoptCalendar | r.ReportUndelivered

REMEMBERED_REQUESTS = 50
"""Request ids kept across continue-as-new, which the server's own deduplication does not cross."""


@workflow.defn(name=WORK_ORDER)
class WorkOrderWorkflow:
    """One work order, from intake to archive."""

    @workflow.init
    def __init__(self, start: WorkOrderInput) -> None:
        """Continue from the run before, or open the order."""
        self.order = start.order
        self.offset = start.clock_offset
        self.held_moments = start.held_moments
        self.outbox = list(start.outbox)
        self.effects_under_way = EffectsUnderWay(
            start.effects, report=self.apply, order=lambda: self.order, now=lambda: self.now
        )
        self.recent_requests = dict(start.recent_requests)
        self.used_nonces = dict(start.used_nonces)
        self.turn_lock = asyncio.Lock()
        self.recorded = start.order.seq - len(self.outbox)
        self.stalled = False
        self.retry: asyncio.Task[None] | None = None
        self.timer: asyncio.Task[None] | None = None
        self.alarm: Alarm | None = None
        self.shown = attributes(self.order)
        if self.order.opened_at is None:
            self.apply(r.OpenOrder(by=Role(start.opened_by), person=start.opened_by_person))

    @workflow.run
    async def run(self, start: WorkOrderInput) -> None:
        """Until the order is archived: ring alarms, record events, show, perform effects, wait."""
        while not self.finished:
            self.ring()
            await self.put_on_record()
            self.show()
            self.act()
            self.set_timer()
            await workflow.wait_condition(lambda: self.news)
            if self.may_continue_as_new:
                workflow.continue_as_new(self.carried_over())

    # Commands and signals

    answer_at_intake = update_for(c.AnswerAtIntake)
    transfer_out = update_for(c.TransferOut)
    acknowledge_transfer = update_for(c.AcknowledgeTransfer)
    merge = update_for(c.Merge)
    join = update_for(c.Join)
    dispatch = update_for(c.Dispatch)
    sign = update_for(c.Sign)
    arrive_on_site = update_for(c.ArriveOnSite)
    request_return = update_for(c.RequestReturn)
    request_extension = update_for(c.RequestExtension)
    report_progress = update_for(c.ReportProgress)
    record_visit = update_for(c.RecordVisit)
    submit_reply = update_for(c.SubmitReply)
    record_callback = update_for(c.RecordCallback)
    urge = update_for(c.Urge)
    open_supervision = update_for(c.OpenSupervision)
    answer_supervision = update_for(c.AnswerSupervision)
    request_suspension = update_for(c.RequestSuspension)
    request_strike_off = update_for(c.RequestStrikeOff)
    list_unclosed = update_for(c.ListUnclosed)
    appeal = update_for(c.Appeal)
    request_termination = update_for(c.RequestTermination)
    withdraw = update_for(c.Withdraw)

    @workflow.signal
    async def decide(self, body: Any = None) -> None:
        """Decide an approval."""
        await self.handle_signal("decide", c.Decide, body)

    @workflow.signal
    async def adopt_policy(self, body: Any = None) -> None:
        """Move this order to another rule book."""
        await self.handle_signal("adopt_policy", r.AdoptPolicy, body)

    @workflow.signal
    async def adopt_calendar(self, body: Any = None) -> None:
        """Compute with another calendar from now on."""
        await self.handle_signal("adopt_calendar", r.AdoptCalendar, body)

    @workflow.signal
    async def report_undelivered(self, body: Any = None) -> None:
        """Record that a notice that the provider had accepted was not delivered."""
        await self.handle_signal("report_undelivered", r.ReportUndelivered, body)

    @workflow.query
    def snapshot(self) -> OrderSnapshot:
        """The whole state, the order's own clock, and unfinished work."""
        alarm = next_alarm(self.order)
        postponed = self.effects_under_way.postponed
        moments = [*postponed.values(), *([alarm.at] if alarm else [])]
        return OrderSnapshot(
            order=self.order,
            at=self.now.isoformat(),
            next_alarm_at=min(moments).isoformat() if moments else None,
            next_alarm=describe(self.order, alarm) if alarm else None,
            unrecorded=len(self.outbox) + self.turn_lock.locked(),
            effects=tuple(key for key in self.effects_under_way.unfinished if key not in postponed),
        )

    # Carrying out

    @property
    def now(self) -> datetime:
        """The order's own clock, in whole seconds as the regulations count."""
        running = workflow.now() + self.offset
        held_moments = (moment for moment in self.held_moments if running < moment <= running + HEAD_START)
        return next(held_moments, running).astimezone(CST).replace(microsecond=0)

    def check(self, command: c.Command) -> None:
        """Raise the refusal of a command that may not be carried out; a repeated request passes."""
        update = workflow.current_update_info()
        if update is not None and update.id in self.recent_requests:
            return
        if self.turn_lock.locked():
            return  # commands before it decide: `carry_out` checks it after them
        now = self.now
        decide(replay(self.order, catch_up(self.order, now)), command, now)

    async def carry_out(self, command: c.Command) -> Accepted:
        """Apply the command at once, and answer when it is recorded (or the record is away)."""
        update = workflow.current_update_info()
        request = update.id if update is not None else ""
        names: tuple[str, ...] = ()
        async with self.turn_lock:
            if request not in self.recent_requests:
                try:
                    names = self.apply(command)
                except Refused as refused:
                    raise refusal(refused, self.now.isoformat()) from refused
                self.remember(request)
        seq = self.recent_requests[request]
        await workflow.wait_condition(lambda: self.recorded >= seq or self.stalled)
        return Accepted(no=self.order.no, seq=seq, events=names, stage=self.order.stage, at=self.now.isoformat())

    def remember(self, request: str) -> None:
        """Store the request for the same answer to its repetitions; the oldest are dropped."""
        self.recent_requests[request] = self.order.seq
        while len(self.recent_requests) > REMEMBERED_REQUESTS:
            del self.recent_requests[next(iter(self.recent_requests))]

    async def handle_signal(self, signal: str, kind: type[SignalBody], body: Any) -> None:
        """Apply a signal with a valid proof, in its turn. It never fails the order: a refused one becomes an event."""
        said, proof = split_proof(body)
        async with self.turn_lock:
            verified = await verify_proof(proof)
            try:
                self.used_nonces = check(verified, self.order.no, signal, said, self.used_nonces)
                self.apply(read(kind, said))
            except Refused as refused:
                self.apply(r.ignored_signal(signal, said, refused))

    def apply(self, command: c.Command | c.Decide | r.Internal) -> tuple[str, ...]:
        """Decide, after every alarm that was due before, and take in the events; returns their names."""
        self.ring()
        return self.take_in(decide(self.order, command, self.now))

    def ring(self) -> None:
        """Ring every due alarm, in order, each once, however late."""
        self.take_in(catch_up(self.order, self.now))

    def take_in(self, events: list[Event]) -> tuple[str, ...]:
        """Evolve, and add the events to the outbox and their effects to those to perform; returns the events' names."""
        for event in events:
            self.order = evolve(self.order, event)
            self.outbox.append(to_json(event))
            self.effects_under_way.add(effects(self.order, event))
        return tuple(event.event for event in events)

    async def put_on_record(self) -> None:
        """Write events and read model to PostgreSQL, in order; the outbox keeps those that cannot be written now."""
        self.stalled = False
        while self.outbox:
            events, step_at = tuple(self.outbox), workflow.now()
            batch = RecordBatch(order_no=self.order.no, events=events, view=project(self.order), step_at=step_at)
            try:
                await record(batch)
            except FailureError:
                self.stalled = True
                self.retry = asyncio.create_task(workflow.sleep(RETRY_RECORD_AFTER, summary="稍后重试：写入台账"))
                return
            self.recorded = batch.view.seq
            del self.outbox[: len(batch.events)]

    def act(self) -> None:
        """Start the effects, only of events that are on record."""
        if not self.outbox:
            self.effects_under_way.begin()

    # Waiting

    def set_timer(self) -> None:
        """Set one durable timer for the earliest alarm; a timer for the same alarm stays."""
        alarm = next_alarm(self.order)
        if alarm == self.alarm and self.timer is not None and not self.timer.done():
            return
        if self.timer is not None and not self.timer.done():
            self.timer.cancel()
        self.alarm, self.timer = alarm, None
        if alarm is not None:
            # The order's clock has whole seconds, so an alarm within a second rings at its end.
            moment = alarm.at + timedelta(microseconds=-alarm.at.microsecond % 1_000_000)
            wait = max(moment - (workflow.now() + self.offset), timedelta(0))
            self.timer = asyncio.create_task(workflow.sleep(wait, summary=brief(describe(self.order, alarm))))

    @property
    def news(self) -> bool:
        """Whether there is something to do before waiting on."""
        return bool(
            self.finished
            or (self.outbox and not self.stalled)
            or (self.stalled and self.retry is not None and self.retry.done())
            or (not self.outbox and self.effects_under_way.to_begin)
            or self.effects_under_way.failed
            or (self.timer is not None and self.timer.done())
            or next_alarm(self.order) != self.alarm
            or self.may_continue_as_new
        )

    def show(self) -> None:
        """Update the Temporal UI: search attributes in one upsert if they changed, and the details."""
        now_shown = attributes(self.order)
        if changed := changes(self.shown, now_shown):
            workflow.upsert_search_attributes(changed)
            self.shown = now_shown
        workflow.set_current_details(details(self.order))

    # Ending

    @property
    def finished(self) -> bool:
        """Archived, recorded, every effect done and every caller answered."""
        return (
            self.order.archived
            and not self.outbox
            and not self.effects_under_way.unfinished
            and workflow.all_handlers_finished()
        )

    @property
    def may_continue_as_new(self) -> bool:
        """Whether the server suggests it, nobody waits and nothing is under way.

        While the record is away the outbox is carried over: retries fill histories too.
        """
        return (
            workflow.info().is_continue_as_new_suggested()
            and workflow.all_handlers_finished()
            and not self.effects_under_way.busy
            and (self.stalled or not self.outbox)
        )

    def carried_over(self) -> WorkOrderInput:
        """The input of the next run."""
        return WorkOrderInput(
            order=self.order,
            clock_offset=self.offset,
            held_moments=self.held_moments,
            outbox=tuple(self.outbox),
            effects=tuple(self.effects_under_way.unfinished.values()),
            recent_requests=self.recent_requests,
            used_nonces=self.used_nonces,
        )
