//! What a running server does beside serving: closed periods become columns, then what is due is
//! published; once a day deletions are taken out of the files.

use std::sync::Arc;

use disk::Disk;
use jiff::civil::Date;

use super::handler::Shared;
use super::server::publish;
use super::writer::Job;
use crate::failure::with_causes;
use crate::store::LET_GO;

/// In the background, on a thread of its own: parts are taken meanwhile.
pub(super) fn close_periods(shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let closable = shared.writer.ask(Job::Closable).await.unwrap_or_default();
        for closing in closable {
            let (look, catalogue) = (Arc::clone(&shared.look), shared.catalogue());
            let work = closing.clone();
            let written = tokio::task::spawn_blocking(move || {
                let find = |hash: &_| catalogue.definition(hash).cloned();
                look.close(&work, &find)
            });
            let is_written = match written.await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    let (program, channel) = (&closing.program, &closing.channel);
                    let error = with_causes(&error);
                    tracing::error!(%program, %channel, period = %closing.period, error,
                                    "a closed period stays a log; it is tried again tomorrow");
                    false
                }
                Err(_) => false,
            };
            shared.writer.tell(Job::Closed(closing, is_written)).await;
        }
        publish(&shared).await;
    });
}

/// When the batch of deletions ran last.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    settled_on: Option<Date>,
}

impl Upkeep {
    /// Runs the batch once a day, from its hour on, and whenever a person lets one go.
    pub(super) async fn deletions(&mut self, disk: &dyn Disk, shared: &Shared) {
        let Some(hour) = shared.deletion_hour else { return };
        let today = shared.clock.today();
        let is_due = shared.clock.hour() >= u64::from(hour) && self.settled_on != Some(today);
        let let_go = matches!(disk.read(LET_GO, 64), Ok(Some(_)));
        if is_due || let_go {
            self.settled_on = Some(today);
            shared.writer.tell(Job::Settle(shared.catalogue(), let_go)).await;
        }
        if let_go && let Err(error) = disk.remove(LET_GO) {
            tracing::error!(error = with_causes(&error), "deletions stay let go");
        }
    }
}
