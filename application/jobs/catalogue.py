"""The table of periodic jobs: their names, how often each runs, and the use case that it runs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

from adapters.settings.settings import Settings
from application.audit.anchoring import make_due_anchors
from application.city.polling import poll_city
from application.jobs.abandoned_files import delete_abandoned_files
from application.jobs.expired_records import delete_expired_request_keys, delete_expired_sign_ins
from application.jobs.start_unstarted_orders import start_unstarted_orders
from application.jobs.telephone_catch_up import catch_up_telephone
from application.orders.erasure import erase_due_orders
from application.services import Services
from workflows.jobs.messages import JobDefinition

UNPOLLED_SECONDS: Final = 60.0
"""The pause between rounds of `city` where the platform has no outbox: messages that wait are tried again."""

SCHEDULED_ATTEMPTS: Final = 10
ROUND_ATTEMPTS: Final = 3
"""Few: the next round is a try as well."""

ROUND_LIMIT: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Hourly:
    """Every hour at a minute, in Chinese time."""

    minute: int

    def __str__(self) -> str:
        return f"每小时第 {self.minute} 分"


@dataclass(frozen=True)
class Daily:
    """Every day at a time of day, in Chinese time."""

    at: time

    def __str__(self) -> str:
        return f"每天 {self.at:%H:%M}"


@dataclass(frozen=True)
class Rounds:
    """One round after another, with a pause between them that the settings may say."""

    seconds: Callable[[Settings], float]


@dataclass(frozen=True)
class Job:
    """A periodic job. `name` is stable, `title` and `report` are Chinese; `{}` in the report is the count."""

    name: str
    title: str
    report: str
    when: Hourly | Daily | Rounds
    run: Callable[[Services], Awaitable[int]]

    def definition(self, settings: Settings) -> JobDefinition:
        """The job as its workflow needs it."""
        rounds = isinstance(self.when, Rounds)
        return JobDefinition(
            name=self.name,
            title=self.title,
            report=self.report,
            limit=self.limit.total_seconds(),
            attempts=ROUND_ATTEMPTS if rounds else SCHEDULED_ATTEMPTS,
            every=self.when.seconds(settings) if isinstance(self.when, Rounds) else None,
        )

    @property
    def limit(self) -> timedelta:
        """The time that one run may take with all its attempts: less than the time between two."""
        match self.when:
            case Hourly():
                return timedelta(minutes=50)
            case Daily():
                return timedelta(hours=12)
            case Rounds():
                return ROUND_LIMIT

    def often(self, settings: Settings) -> str:
        """In Chinese, how often it runs."""
        return f"每 {self.when.seconds(settings):g} 秒" if isinstance(self.when, Rounds) else str(self.when)


def _every_minute(_: Settings) -> float:
    return 60.0


def _city_pace(settings: Settings) -> float:
    return settings.city_poll_seconds or UNPOLLED_SECONDS


JOBS: Final[dict[str, Job]] = {
    job.name: job
    for job in (
        Job(
            "start-orders",
            "启动受理时未能启动的工单",
            "启动工单 {} 件",
            Rounds(_every_minute),
            start_unstarted_orders,
        ),
        Job(
            "telephone",
            "处理因故障未及处理的短信和电话答复，查询未回执的短信",
            "处理答复 {} 条",
            Rounds(_every_minute),
            catch_up_telephone,
        ),
        Job(
            "city",
            "读取市平台的待发消息，重试等待中的消息，回告结果",
            "读取消息 {} 条",
            Rounds(_city_pace),
            poll_city,
        ),
        Job("anchors", "为台账生成每日锚点", "生成锚点 {} 个", Hourly(5), make_due_anchors),
        Job("files", "清理无主的附件", "清理附件 {} 个", Hourly(20), delete_abandoned_files),
        Job("sign-ins", "清理过期的登录会话和失败记录", "清理记录 {} 条", Daily(time(3, 10)), delete_expired_sign_ins),
        Job(
            "request-keys",
            "清理过期的幂等键及其答复",
            "清理幂等键 {} 个",
            Daily(time(3, 20)),
            delete_expired_request_keys,
        ),
        Job("erasure", "销毁超过保存期限的工单内容", "销毁工单 {} 件", Daily(time(3, 30)), erase_due_orders),
    )
}
"""Jobs by name. The names are listed in docs/operations.md."""
