//! Log lines as the system's journal wants them: its own priority first, no time, for it has one.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Lines for journald (`sd-daemon(3)`): `<4>` and so on, then the message and its fields.
#[derive(Debug)]
pub struct JournalLines(Format<Full, ()>);

impl Default for JournalLines {
    fn default() -> Self {
        let lines = Format::default().without_time().with_level(false).with_target(false);
        Self(lines.with_ansi(false))
    }
}

impl<S, N> FormatEvent<S, N> for JournalLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(line, "<{}>", priority(*event.metadata().level()))?;
        self.0.format_event(context, line, event)
    }
}

/// The priorities of syslog(3).
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// Whether standard error goes to the journal.
#[expect(clippy::disallowed_methods, reason = "this is the edge; systemd says it in a variable")]
pub fn is_read() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some()
}
