//! One machine: a medium, whether it has power, and the fault that awaits it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::fault::{Fault, Moment, Step, Survival};
use super::medium::Medium;

/// Shared by all handles on one disk.
#[derive(Debug)]
pub(super) struct Machine(Mutex<State>);

/// What a machine is at one moment.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) medium: Medium,
    pub(super) chance: Chance,
    pub(super) is_off: bool,
    pub(super) steps: u64,
    pub(super) reads: u64,
    /// By the step at which they happen.
    pub(super) faults: BTreeMap<u64, Fault>,
    pub(super) broken_read: Option<u64>,
    /// The steps so far, where somebody asked for them: they would grow without end.
    pub(super) journal: Option<Vec<Step>>,
    /// Numbers of files that are locked.
    pub(super) locks: BTreeSet<u64>,
}

/// The step's file or folder, and the bytes if it is a write.
pub(super) struct Target<'b> {
    pub(super) number: u64,
    /// Where they are written; `None` is the end.
    pub(super) offset: Option<u64>,
    pub(super) bytes: &'b [u8],
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            medium: Medium::default(),
            chance: Chance::new(seed),
            is_off: false,
            steps: 0,
            reads: 0,
            faults: BTreeMap::new(),
            broken_read: None,
            journal: None,
            locks: BTreeSet::new(),
        }
    }

    /// The same medium under a machine that has just been started, or a program that has.
    pub(super) fn started_again(&self) -> Self {
        let mut medium = self.medium.clone();
        medium.close_all();
        Self { medium, chance: self.chance.clone(), ..Self::new(0) }
    }

    pub(super) fn lose_power(&mut self, survival: Survival) {
        if !self.is_off {
            self.is_off = true;
            self.medium.lose_power(survival, None, &mut self.chance);
        }
    }

    fn powered(&self) -> io::Result<()> {
        if self.is_off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn lose_power_around(
        &mut self,
        moment: Moment,
        survival: Survival,
        target: &Target<'_>,
        act: impl FnOnce(&mut Medium) -> io::Result<()>,
    ) {
        let torn = match moment {
            Moment::Before => None,
            Moment::After => act(&mut self.medium).ok().and(None),
            Moment::During(torn) => act(&mut self.medium).ok().map(|()| (target.number, torn)),
        };
        self.is_off = true;
        self.medium.lose_power(survival, torn, &mut self.chance);
    }
}

impl Machine {
    pub(super) fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    /// The state, also where the power is off.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere leaves a state as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks without changing anything.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Medium) -> io::Result<T>) -> io::Result<T> {
        let state = self.state();
        state.powered()?;
        look(&state.medium)
    }

    /// Reads a file's bytes, which may be the read that fails.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Medium) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        state.powered()?;
        let number = state.reads;
        state.reads += 1;
        if state.broken_read == Some(number) {
            state.broken_read = None;
            return Err(error_of(Fault::Broken));
        }
        read(&state.medium)
    }

    /// Takes one step, or suffers the fault that waits for it.
    pub(super) fn step(
        &self,
        step: Step,
        target: &Target<'_>,
        act: impl FnOnce(&mut Medium) -> io::Result<()>,
    ) -> io::Result<()> {
        let state = &mut *self.state();
        state.powered()?;
        let number = state.steps;
        state.steps += 1;
        if let Some(journal) = &mut state.journal {
            journal.push(step);
        }
        let outcome = match state.faults.remove(&number) {
            None => act(&mut state.medium),
            Some(Fault::Killed) => {
                state.is_off = true;
                return state.powered();
            }
            Some(Fault::PowerLost { moment, survival }) => {
                state.lose_power_around(moment, survival, target, act);
                return state.powered();
            }
            Some(fault) => {
                state.medium.fail(step, target);
                Err(error_of(fault))
            }
        };
        match outcome {
            Err(_) if state.medium.flaw.is_some_and(|flaw| flaw.hides(step)) => Ok(()),
            outcome => outcome,
        }
    }
}

fn error_of(fault: Fault) -> io::Error {
    match fault {
        Fault::Full => io::ErrorKind::StorageFull.into(),
        Fault::Broken | Fault::Killed | Fault::PowerLost { .. } => {
            io::Error::other("the medium failed")
        }
    }
}
