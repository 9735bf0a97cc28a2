//! The sentences around the numbers: what they are, how sure they are, and what is not known.

use contract::calendar::{Identity, PeriodKind, day_in_words, days_between};
use contract::release::{CrossTable, FieldTable, Mode, Release, Table, Window};

use crate::count::{Count, Noun};
use crate::limits::WITHIN_28_DAYS_OLD_MAX;
use crate::number::{days, doubted, grouped, thousandths};

/// One thing that is not known, or to be known.
pub(crate) struct Remark {
    pub(crate) title: &'static str,
    pub(crate) text: String,
}

/// "day" or "week".
pub(crate) fn period(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
    }
}

/// "the week of 9 November 2026", "9 to 15 November 2026".
pub(crate) fn window(window: Window) -> String {
    let week = days_between(window.first, window.last) == 6;
    if week && contract::calendar::monday_of(window.first) == window.first {
        format!("the week of {}", day_in_words(window.first))
    } else {
        days(window.first, window.last)
    }
}

/// "on average, in the week of 9 November 2026".
pub(crate) fn when(release: &Release) -> String {
    let Window { first, last, periods, .. } = release.window;
    let when = if first == last { "on" } else { "in" };
    let average = if periods > 1 { "on average, " } else { "" };
    format!("{average}{when} {}", window(release.window))
}

/// "5,120 ± 9 within 28 days". Of tags that last four weeks only every fourth release has one: the
/// others say the last one, and of which days it is.
pub(crate) fn within_28_days(history: &[Release]) -> Option<String> {
    let latest = history.last()?;
    let mut recent = history.iter().rev().take_while(|release| {
        days_between(release.window.last, latest.window.last) < WITHIN_28_DAYS_OLD_MAX
    });
    let (release, number) =
        recent.find_map(|release| Some((release, release.installations_28_days?)))?;
    let is_below = release.mode == Mode::Exact && number.error_95 > 0;
    let until = if release.number == latest.number {
        String::new()
    } else {
        format!(" up to {}", day_in_words(release.window.last))
    };
    // Without noise it is also withheld where it would show who reported before and not now.
    (!is_below).then(|| format!("{} within 28 days{until}, each counted once", doubted(number)))
}

/// Whether more or fewer reported than in the release before.
pub(crate) fn trend(history: &[Release]) -> Option<String> {
    let [.., before, now] = history else {
        return None;
    };
    if [before, now].iter().any(|release| release.mode == Mode::Rehearsal) {
        return None;
    }
    let counts = [before, now].map(Count::of);
    if counts[0].noun != counts[1].noun || !counts.iter().all(|count| count.is_number()) {
        return None;
    }
    let [then_many, many] = counts.map(Count::shown);
    let [e, f] = counts.map(|count| count.error_95 as f64);
    let since = format!("than in release\u{A0}{}", before.number);
    Some(match many.abs_diff(then_many) {
        0 => format!("as many as in release\u{A0}{}", before.number),
        change if (change as f64) <= e.hypot(f) => {
            format!("no clear change since release\u{A0}{}", before.number)
        }
        change if many > then_many => format!("{} more {since}", grouped(change)),
        change => format!("{} fewer {since}", grouped(change)),
    })
}

/// How the numbers came about, for the lede.
pub(crate) fn consent(release: &Release) -> &'static str {
    if release.channel.asked_first {
        "Sent by operators who were asked first and said yes."
    } else {
        "Sent by default: operators were told and may refuse (opt-out). \
         That somebody did not refuse is not consent."
    }
}

/// How single installations are protected.
pub(crate) fn mode(release: &Release) -> String {
    match release.mode {
        Mode::Noisy { epsilon_milli, delta_exponent, .. } => format!(
            "Every number carries random noise, against reading a single installation from it \
             (\u{3b5}\u{202F}=\u{202F}{} for this release): whatever one installation answered \
             to one question, and whether it answered at all, makes any result here at most {} \
             times as likely or as unlikely.{}",
            thousandths(epsilon_milli),
            likelihood(epsilon_of_an_answer(release, epsilon_milli)),
            open_list(release, delta_exponent),
        ),
        Mode::Exact => format!(
            "The numbers are exact: no noise is added. Values given by fewer than {} installations \
             are not shown on their own. Whoever compares this release with the one before can \
             sometimes tell \
             what a single installation that came or went had answered.",
            grouped(release.group_min.into()),
        ),
        _ if is_one(release) => "One installation reported so far: this page shows exactly what \
                                 it answered."
            .to_owned(),
        _ => "The numbers are exact and of an open period, from one installation on: they show \
              what single installations answered."
            .to_owned(),
    }
}

fn is_one(release: &Release) -> bool {
    let count = Count::of(release);
    count.noun == Noun::Installations && count.shown() == 1
}

/// What noise cannot promise about values that nobody declared.
fn open_list(release: &Release, delta_exponent: u32) -> String {
    let open = |field: &FieldTable| {
        matches!(field.table, Table::Catalogue { .. } | Table::Versions { .. })
    };
    if release.fields.iter().any(open) {
        let power = superscript(delta_exponent);
        format!(
            " A value of an open list that one installation alone holds is shown with a \
             probability of at most 10{power}."
        )
    } else {
        String::new()
    }
}

/// The ε that holds for whatever one installation answered to one question, and for whether it
/// answered at all. Another answer instead of the one counts twice in each table that has it.
fn epsilon_of_an_answer(release: &Release, epsilon_milli: u32) -> u32 {
    let tables = release.fields.len() + release.crosses.len();
    let numbers = [release.installations, release.installations_28_days];
    let shares = tables + numbers.iter().flatten().count();
    let share = epsilon_milli / u32::try_from(shares.max(1)).unwrap_or(u32::MAX);
    let crossed = |field: &FieldTable| {
        let names = |cross: &&CrossTable| [&cross.rows.id, &cross.columns.id].contains(&&field.id);
        release.crosses.iter().filter(names).count()
    };
    let most = 1 + release.fields.iter().map(crossed).max().unwrap_or(0);
    let answer = share.saturating_mul(2).saturating_mul(u32::try_from(most).unwrap_or(u32::MAX));
    answer.max(epsilon_milli)
}

/// e to the power of ε, rounded up: what is promised must hold.
fn likelihood(epsilon_milli: u32) -> String {
    let times = (f64::from(epsilon_milli) / 1_000.0).exp();
    if times < 100.0 {
        format!("{:.1}", (times * 10.0).ceil() / 10.0)
    } else if times < 1e6 {
        format!("{:.0}", times.ceil())
    } else {
        "a million and more".to_owned()
    }
}

fn superscript(exponent: u32) -> String {
    let digit = |c: char| match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_digit(other.to_digit(10).unwrap_or(0), 10)
            .and_then(|_| char::from_u32(0x2070 + u32::from(other) - u32::from('0')))
            .unwrap_or(other),
    };
    format!("⁻{}", exponent.to_string().chars().map(digit).collect::<String>())
}

/// Everything that the numbers do not say.
pub(crate) fn not_known(release: &Release) -> Vec<Remark> {
    vec![
        Remark { title: "Who did not answer", text: missing(release) },
        Remark { title: "How exact it is", text: error(release) },
        Remark { title: "What is not shown", text: folding(release) },
        Remark { title: "How far somebody could move it", text: moved(release) },
        Remark { title: "Who could see single answers", text: administrator(release) },
        Remark { title: "How long it is kept", text: kept(release) },
    ]
}

fn moved(release: &Release) -> String {
    let each = match Count::of(release).noun {
        Noun::Installations => "One report moves a number by one installation at most.",
        Noun::Descriptions => {
            "One installation gives several descriptions and is in the number of each once; how \
             many installations there are cannot be counted."
        }
    };
    let bound = match movable(release) {
        Some(bound) => format!(
            "While this release was open, the collector\u{2019}s limits let through at most \
             {bound} of them from one network, and as many from all who sent through relays."
        ),
        None => "How many that could be was not measured while this release was open.".to_owned(),
    };
    format!(
        "{each} But nobody proves that an installation exists: whoever invents installations \
         counts as often as the collector\u{2019}s rate limits let through, until rate tokens \
         exist. {bound} A machine that was copied whole counts twice."
    )
}

/// By how many invented installations a number could have been moved, if that is known.
fn movable(release: &Release) -> Option<String> {
    release.intake_bound.map(grouped)
}

/// The same, to stand before all charts.
pub(crate) fn bound(release: &Release) -> Option<String> {
    let bound = movable(release)?;
    Some(format!(
        "Invented installations of one network could have moved a number by up to {bound}."
    ))
}

fn missing(release: &Release) -> String {
    let who = if release.channel.asked_first {
        "Only operators who were asked and agreed are counted. Those who said no, were \
         never asked, \
         or have no way out to the network are not here."
    } else {
        "Operators who refused, never connected, or have no way out to the network are not here."
    };
    format!("{who} Whether they differ from the others is not known. One operator may run many.")
}

fn error(release: &Release) -> String {
    let sure = match release.mode {
        Mode::Noisy { .. } => {
            "95 of 100 numbers lie within their \u{b1} of what was counted. Two numbers that are \
             closer together than that may be the same. A number that noise took below zero is \
             shown as 0, and shares are computed from what is shown; the CSV has it as published."
        }
        _ => "The numbers are exact counts of what was received.",
    };
    format!(
        "{sure} Sums over buckets are estimates: nobody was asked for an exact number. In the \
         tables, \u{201c}since\u{201d} is the change of a share in points, and \u{201c}=\u{201d} \
         one that is smaller than its error."
    )
}

fn folding(release: &Release) -> String {
    match release.mode {
        Mode::Rehearsal => "Nothing is held back in a rehearsal: every value is shown, \
                            from one installation on."
            .to_owned(),
        Mode::Exact => format!(
            "Values given by fewer than {0} installations are counted together, without their \
             names, and with them the least frequent value that {0} or more gave: else the others \
             could be computed. Of several answers to one question, each is shown if {0} gave it \
             and {0} did not. A question that fewer than {0} answered shows nothing yet.",
            grouped(release.group_min.into()),
        ),
        _ => format!(
            "Values whose number, with its noise, is below {0} are counted together, without their \
             names; values of an open list need a higher number, against showing what one \
             installation alone gave. A question that fewer than {0} answered shows nothing yet.",
            grouped(release.group_min.into()),
        ),
    }
}

fn administrator(release: &Release) -> String {
    let once = period(release.channel.period);
    let tag = match release.channel.identity {
        Identity::None => {
            "The answers carry no identifier at all, so they cannot be listed or deleted by those \
             who sent them."
                .to_owned()
        }
        Identity::Period => format!(
            "Each group of answers carries a random-looking tag that lasts one {once}: \
             it is pseudonymous and names no machine; its sender alone holds the key to have \
             it deleted."
        ),
        Identity::Days28 => "Each group of answers carries a random-looking tag that lasts four \
                             weeks: it is pseudonymous, and reports of those weeks can be joined \
                             by it."
            .to_owned(),
        Identity::Stable => {
            "Each group of answers carries a random-looking tag that stays until it is withdrawn: \
              it is pseudonymous, and reports over time can be joined by it."
                .to_owned()
        }
    };
    let shown = match release.mode {
        Mode::Rehearsal => "This page does, if few reported.",
        _ => "No page and no tool of the collector shows the answers of one installation.",
    };
    format!(
        "{shown} Whoever administers the collector\u{2019}s machine can read them on its \
         disk, until they are forgotten. They carry \
         no name and no address. {tag} The collector drops the address that a report came from; \
         whoever runs it, or a network on the way, could still see which address connects."
    )
}

fn kept(release: &Release) -> String {
    let retention = release.channel.retention_days;
    let releases = match release.mode {
        Mode::Rehearsal => "This page is counted anew when something is received; nothing of it \
                            is frozen, signed or kept."
            .to_owned(),
        _ => format!(
            "Releases are frozen and stay. The next one comes on {}.",
            day_in_words(release.next)
        ),
    };
    format!(
        "Answers are forgotten {} after the {} they belong to. {releases}",
        match retention {
            1 => "one day".to_owned(),
            days => format!("{} days", grouped(days.into())),
        },
        period(release.channel.period),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_about_likelihood_is_rounded_up() {
        assert_eq!(likelihood(1_000), "2.8");
        assert_eq!(likelihood(500), "1.7");
        assert_eq!(likelihood(5_000), "149");
        assert_eq!(likelihood(u32::MAX), "a million and more");
    }

    #[test]
    fn a_power_of_ten_is_written_small() {
        assert_eq!(superscript(9), "⁻⁹");
        assert_eq!(superscript(12), "⁻¹²");
        assert_eq!(superscript(4), "⁻⁴");
    }
}
