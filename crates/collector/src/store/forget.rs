//! Forgetting: a period past its retention is gone by removing its file.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use disk::{Disk, path::join};
use jiff::civil::Date;

use super::error::StoreError;
use super::log_file;
use super::period::{SUFFIX, day_in};
use super::{Store, closed, files, folder_of};
use crate::record::{Header, RecordKind};

/// How long each channel keeps parts, as the manifests say now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention(BTreeMap<(ProgramId, ChannelId), u32>);

impl Retention {
    /// From the days of each channel.
    pub fn new(days: impl IntoIterator<Item = (ProgramId, ChannelId, u32)>) -> Self {
        Self(days.into_iter().map(|(program, channel, days)| ((program, channel), days)).collect())
    }

    /// The day after which a period's file is removed: what its receipts promised, or earlier where
    /// the retention was shortened since. A longer one changes nothing for what is held.
    pub fn forget_by(
        &self,
        program: &ProgramId,
        channel: &ChannelId,
        period: Period,
        promised: Date,
    ) -> Date {
        let days = self.0.get(&(program.clone(), channel.clone()));
        days.map_or(promised, |days| promised.min(period.forget_by(*days)))
    }
}

/// A period that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The program.
    pub program: ProgramId,
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// How many parts it held.
    pub parts: u64,
    /// The day after which it was to be removed.
    pub forget_by: Date,
}

/// What [`Store::forget`] would remove: read from the folder alone, which a server may be at work
/// in.
///
/// # Errors
/// If the disk fails or a file is damaged.
pub fn overdue(
    disk: &dyn Disk,
    retention: &Retention,
    today: Date,
) -> Result<Vec<Forgotten>, StoreError> {
    let mut overdue = Vec::new();
    for (program, channel, period) in files(disk)? {
        let place = (&program, &channel, period);
        let read = match logged(disk, place)? {
            Some(log) => Some(log),
            None => closed::rows(disk, place)?,
        };
        // Removed since its name was read.
        let Some((parts, promised)) = read else { continue };
        let forget_by = retention.forget_by(&program, &channel, period, promised);
        if forget_by < today {
            overdue.push(Forgotten { program, channel, period, parts, forget_by });
        }
    }
    Ok(overdue)
}

/// How many parts a log holds, and until when; `None` where there is none.
fn logged(
    disk: &dyn Disk,
    (program, channel, period): (&ProgramId, &ChannelId, Period),
) -> Result<Option<(u64, Date)>, StoreError> {
    let path = join(&folder_of(program, channel), &format!("{period}{SUFFIX}"));
    let (mut rows, mut earlier) = (0, None);
    let scanned = log_file::scan(disk, &path, |_, record| match record.kind {
        RecordKind::Row => rows += 1,
        RecordKind::ForgetBy => earlier = day_in(record.body).or(earlier),
        _ => {}
    })?;
    let forget_by = |header: Header| earlier.or(header.forget_by).unwrap_or(Date::MIN);
    Ok(scanned.map(|scanned| (rows, forget_by(scanned.header))))
}

impl<D: Disk> Store<D> {
    /// Removes every period past its retention and every marker past its day, and says in order
    /// which periods they were. With `dry_run` it only says it.
    ///
    /// # Errors
    /// If the disk fails; what was removed until then is gone, the rest is tried again next time.
    pub fn forget(
        &mut self,
        retention: &Retention,
        today: Date,
        dry_run: bool,
    ) -> Result<Vec<Forgotten>, StoreError> {
        let Self { disk, programs, changes, .. } = self;
        let mut forgotten = Vec::new();
        for channel in programs.values_mut().flat_map(BTreeMap::values_mut) {
            let (program, id) = (channel.program.clone(), channel.channel.clone());
            let logs = channel.periods.iter().map(|(at, file)| (*at, file.len(), file.forget_by()));
            let closed = channel.closed.iter().map(|(at, of)| (*at, of.len(), of.forget_by()));
            let past = logs.chain(closed).filter_map(|(period, parts, promised)| {
                let forget_by = retention.forget_by(&program, &id, period, promised);
                let (program, channel) = (program.clone(), id.clone());
                let gone = Forgotten { program, channel, period, parts, forget_by };
                (forget_by < today).then_some(gone)
            });
            let past: Vec<_> = past.collect();
            if dry_run {
                forgotten.extend(past);
                continue;
            }
            for gone in past {
                if let Some(file) = channel.periods.get_mut(&gone.period) {
                    file.discard(disk)?;
                    disk.remove(file.path())?;
                }
                channel.periods.remove(&gone.period);
                if let Some(closed) = channel.closed.get(&gone.period) {
                    disk.remove_folder(closed.folder())?;
                }
                channel.closed.remove(&gone.period);
                *changes += 1;
                forgotten.push(gone);
            }
            // A marker also says what a deletion that was cut short has yet to take out.
            channel.settle(disk)?;
            channel.markers.forget(disk, today)?;
            let open = |period: &Period| period.accepts_on(today);
            channel
                .periods
                .iter_mut()
                .filter(|(period, _)| !open(period))
                .for_each(|(_, file)| file.rest());
        }
        let place = |gone: &Forgotten| (gone.program.clone(), gone.channel.clone(), gone.period);
        forgotten.sort_by_key(place);
        Ok(forgotten)
    }
}
