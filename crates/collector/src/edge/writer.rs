//! The one thread that owns the store: it takes what waits, writes it with one sync, and answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::id::{ChannelId, ProgramId};
use envelope::Tag;
use tokio::sync::{mpsc, oneshot};

use super::clock::Clock;
use crate::catalogue::Catalogue;
use crate::keep::{Arrival, Held, Keep, Outcome};
use crate::limits::{BATCH_PARTS_MAX, QUEUE_PARTS_MAX};
use crate::metrics::Metrics;
use crate::signers::Signers;
use crate::store::{Answer, Closing, Retention, StoreError, Trouble};

/// Something for the store to do.
pub(crate) enum Job {
    /// Take a part.
    Part(Box<Arrival>, oneshot::Sender<Outcome>),
    /// List what is held under some tags.
    Held(Address, oneshot::Sender<Result<Held, Trouble>>),
    /// Delete what is held under some tags.
    Delete(Address, oneshot::Sender<Result<Answer, Trouble>>),
    /// Take out of the files what was asked to be deleted; where unusually many ask, only if a
    /// person has let them go.
    Settle(Arc<Catalogue>, bool),
    /// Say which periods can become columns.
    Closable(oneshot::Sender<Vec<Closing>>),
    /// Take the columns of a period in place of its log, or leave the log.
    Closed(Closing, bool),
    /// Say whether parts can be accepted.
    Probe(oneshot::Sender<Result<(), Trouble>>),
    /// Say how often what is held has changed.
    Changes(oneshot::Sender<u64>),
    /// Remove what is past its retention.
    Forget(Retention),
    /// Sign with other keys from now on.
    Keys(Arc<Signers>),
}

/// Tags in a channel.
pub(crate) struct Address {
    pub(crate) program: ProgramId,
    pub(crate) channel: ChannelId,
    pub(crate) tags: Vec<Tag>,
}

/// Where jobs are given to the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread. It ends when every [`Writer`] is dropped and all jobs are done.
    pub(crate) fn start<K: Keep + 'static>(
        store: K,
        signers: Arc<Signers>,
        (clock, metrics): (Clock, Arc<Metrics>),
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (jobs, queue) = mpsc::channel(QUEUE_PARTS_MAX);
        let state = State { store, signers, clock, metrics };
        let thread = std::thread::Builder::new().name("writer".to_owned());
        let thread = thread.spawn(move || run(state, queue))?;
        Ok((Self { jobs }, thread))
    }

    /// Gives the store a part. `None` where too much waits.
    pub(crate) async fn part(&self, arrival: Arrival) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        self.jobs.try_send(Job::Part(Box::new(arrival), answer)).ok()?;
        outcome.await.ok()
    }

    /// Gives the store another job and waits for its answer. `None` where the thread has ended.
    pub(crate) async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
        let (answer, outcome) = oneshot::channel();
        self.jobs.send(job(answer)).await.ok()?;
        outcome.await.ok()
    }

    /// Gives the store a job that has no answer.
    pub(crate) async fn tell(&self, job: Job) {
        let _ = self.jobs.send(job).await;
    }
}

struct State<K> {
    store: K,
    signers: Arc<Signers>,
    clock: Clock,
    metrics: Arc<Metrics>,
}

fn run<K: Keep>(mut state: State<K>, mut queue: mpsc::Receiver<Job>) {
    state.metrics.held(state.store.len());
    let mut jobs = Vec::with_capacity(BATCH_PARTS_MAX);
    while queue.blocking_recv_many(&mut jobs, BATCH_PARTS_MAX) > 0 {
        let mut parts = Vec::new();
        let mut answers = Vec::new();
        for job in jobs.drain(..) {
            if let Job::Part(arrival, answer) = job {
                parts.push(*arrival);
                answers.push(answer);
            } else {
                // In order: whoever deletes after sending must find what was sent.
                state.write(&mut parts, &mut answers);
                state.other(job);
            }
        }
        state.write(&mut parts, &mut answers);
    }
}

impl<K: Keep> State<K> {
    fn write(&mut self, parts: &mut Vec<Arrival>, answers: &mut Vec<oneshot::Sender<Outcome>>) {
        if parts.is_empty() {
            return;
        }
        let outcomes = self.store.accept(parts, &self.signers, self.clock.today());
        // Before the answers: whoever has one finds it counted.
        self.metrics.batch(parts.len());
        self.metrics.held(self.store.len());
        for (answer, outcome) in answers.drain(..).zip(outcomes) {
            match &outcome {
                Outcome::Accepted(_) => self.metrics.accepted(),
                Outcome::Duplicate(_) => self.metrics.duplicate(),
                _ => {}
            }
            // Nobody waits any more: the part is kept all the same, and is a duplicate next time.
            let _ = answer.send(outcome);
        }
        parts.clear();
    }

    fn other(&mut self, job: Job) {
        match job {
            Job::Part(..) => {}
            Job::Held(Address { program, channel, tags }, answer) => {
                let held = self.store.held((&program, &channel), &tags);
                let _ = answer.send(held.map_err(|error| report(&error)));
            }
            Job::Delete(Address { program, channel, tags }, answer) => {
                let today = self.clock.today();
                let _ = answer.send(self.store.delete((&program, &channel), &tags, today));
            }
            Job::Settle(catalogue, let_go) => self.settle(&catalogue, let_go),
            Job::Closable(answer) => {
                let _ = answer.send(self.store.closable(self.clock.today()));
            }
            Job::Closed(closing, is_written) => self.closed(&closing, is_written),
            Job::Probe(answer) => {
                let _ = answer.send(self.store.probe());
            }
            Job::Changes(answer) => {
                let _ = answer.send(self.store.changes());
            }
            Job::Forget(retention) => self.forget(&retention),
            Job::Keys(signers) => self.signers = signers,
        }
    }

    fn settle(&mut self, catalogue: &Catalogue, let_go: bool) {
        let kept = |program: &ProgramId, channel: &ChannelId| {
            let channel = catalogue.channel(program.as_str(), channel.as_str())?;
            Some((channel.period, channel.retention_days))
        };
        match self.store.settle_deletions(&kept, (self.clock.today(), let_go)) {
            Ok(settled) => {
                if settled.tags > 0 {
                    let (tags, rows) = (settled.tags, settled.rows);
                    tracing::info!(tags, rows, "the day's deletions were taken out of the files");
                }
                if settled.held_back > 0 {
                    tracing::error!(
                        tags = settled.held_back,
                        "unusually many deletions: look whether people asked for them, then run \
                         candor-collector forget --let-go"
                    );
                }
                self.metrics.deleted(settled.rows);
            }
            Err(error) => drop(report(&error)),
        }
        self.metrics.held(self.store.len());
    }

    fn closed(&mut self, closing: &Closing, is_written: bool) {
        let Closing { program, channel, period, .. } = closing;
        if !is_written {
            self.store.abandon(closing);
            return;
        }
        match self.store.adopt(closing) {
            Ok(()) => tracing::info!(%program, %channel, %period, "a closed period is columns now"),
            Err(error) => drop(report(&error)),
        }
    }

    fn forget(&mut self, retention: &Retention) {
        match self.store.forget(retention, self.clock.today(), false) {
            Ok(forgotten) => {
                let mut counts: BTreeMap<(ProgramId, ChannelId), u64> = BTreeMap::new();
                for gone in forgotten {
                    *counts.entry((gone.program, gone.channel)).or_default() += 1;
                }
                for ((program, channel), periods) in counts {
                    tracing::info!(%program, %channel, periods, "periods past retention removed");
                }
            }
            Err(error) => drop(report(&error)),
        }
        self.metrics.held(self.store.len());
    }
}

pub(super) fn report(error: &StoreError) -> Trouble {
    tracing::error!(error = crate::failure::with_causes(error), "the store failed");
    error.trouble()
}
