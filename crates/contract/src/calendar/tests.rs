//! Days, weeks and epochs at their edges.

use jiff::civil::date;

use super::*;

#[test]
fn a_period_has_one_spelling() {
    for text in ["2026-11-20", "2026-W47", "2020-W53"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    for text in ["2026-11-2", "2026-W7", "2026-W54", "20261120", "2021-W53", "+2026-11-20", ""] {
        assert_eq!(text.parse::<Period>(), Err(PeriodError), "{text}");
    }
}

#[test]
fn intake_is_open_from_a_day_before_until_two_days_after() {
    let day: Period = "2026-11-20".parse().unwrap();
    let open: Vec<_> = (17..=25).filter(|d| day.accepts_on(date(2026, 11, *d))).collect();
    assert_eq!(open, [19, 20, 21, 22]);
}

#[test]
fn an_epoch_of_28_days_begins_on_every_fourth_monday_since_1970() {
    let first = Period::containing(PeriodKind::Day, date(1970, 1, 5));
    assert_eq!(Identity::Days28.epoch(first).unwrap(), "28d-0");
    let mut epochs = std::collections::BTreeSet::new();
    for offset in 0..56 {
        let day = add_days(date(1970, 1, 5), offset);
        epochs.insert(Identity::Days28.epoch(Period::containing(PeriodKind::Day, day)).unwrap());
    }
    assert_eq!(epochs.into_iter().collect::<Vec<_>>(), ["28d-0", "28d-1"]);
}

#[test]
fn weeks_follow_each_other_over_the_turn_of_a_year() {
    let week: Period = "2020-W53".parse().unwrap();
    assert_eq!(week.next().to_string(), "2021-W01");
    assert_eq!(week.next().previous(), week);
    assert_eq!(week.last_day(), date(2021, 1, 3));
}

#[test]
fn a_number_of_days_that_no_calendar_has_leads_to_its_end() {
    let day = date(2026, 11, 20);
    assert_eq!(add_days(day, i32::MAX), Date::MAX);
    assert_eq!(add_days(day, i32::MIN), Date::MIN);
    // A damaged record of the collector's log holds any number.
    assert_eq!(add_days(day, 0x014b_dd6f), Date::MAX);
}
