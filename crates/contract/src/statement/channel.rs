//! One channel of the statement: its questions, what travels together, how long, and what is
//! published.

use super::answers::possible_answers;
use super::databases::read_from;
use super::tree::{Block, Line, heading, subheading};
use super::words::{about, counted, thousandths};
use crate::calendar::{Identity, PeriodKind, day_in_words};
use crate::id::FieldId;
use crate::kind::Kind;
use crate::manifest::{
    Channel, DefaultRule, Field, Manifest, Part, Publication, Sensitivity, Tier,
};
use crate::publish::{sensitivity, shares};
use crate::release::counts_28_days;

pub(super) fn blocks(manifest: &Manifest, channel: &Channel) -> Vec<Block> {
    let title = channel.title.to_string();
    let mut blocks = vec![
        heading(&format!("channel-{}", channel.id), title),
        Block::Lede(channel.about.to_string().into()),
    ];
    if channel.default == DefaultRule::Notice {
        blocks.push(Block::Warning(opt_out(channel)));
    }
    for (index, tier) in channel.tiers.iter().enumerate() {
        blocks.push(subheading(tier_heading(channel, index, tier)));
        let of_tier = channel.parts.iter().filter(|part| part.tier == tier.id);
        let questions = of_tier.flat_map(|part| &part.fields);
        blocks.push(Block::Definitions(questions.map(|field| question(manifest, field)).collect()));
    }
    blocks.push(subheading("What travels together"));
    blocks.push(Block::Paragraph(together(channel).into()));
    blocks.push(parts(channel));
    blocks.push(subheading("Where it goes from there"));
    blocks.push(Block::Definitions(afterwards(channel)));
    blocks
}

fn opt_out(channel: &Channel) -> Line {
    let tier = channel.covered_by_notice();
    let tier = channel.tiers.iter().find(|known| Some(&known.id) == tier);
    let is_last = tier.map(|tier| &tier.id) == channel.tiers.last().map(|tier| &tier.id);
    let covered = match tier {
        Some(tier) if !is_last => {
            format!("A notice covers “{}” alone; the rest is asked for.", tier.title)
        }
        Some(tier) if channel.tiers.len() > 1 => format!("A notice covers “{}”.", tier.title),
        _ => String::new(),
    };
    let hours = channel.grace_hours();
    let text = format!(
        "This channel is opt-out. It begins to send {hours} hours after a notice was shown to \
         a person, unless somebody says no. {covered} A notice is not consent."
    );
    text.replace("  ", " ").into()
}

fn tier_heading(channel: &Channel, index: usize, tier: &Tier) -> String {
    let number = channel.parts.iter().filter(|part| part.tier == tier.id);
    let number = number.map(|part| part.fields.len()).sum();
    let questions = counted(number, "question", "questions");
    match (channel.tiers.len(), index.checked_sub(1).and_then(|before| channel.tiers.get(before))) {
        (1, _) => questions,
        (_, None) => format!("“{}”: {questions}", tier.title),
        (_, Some(before)) => {
            format!("“{}”: {questions} on top of “{}”", tier.title, before.title)
        }
    }
}

fn question(manifest: &Manifest, field: &Field) -> (Line, Vec<Line>) {
    let mut read = read_from(manifest, &field.source);
    read = read.words(format!(" Asked until {}.", day_in_words(field.expires)));
    if !field.publish {
        read = read.words(" Not published.");
    }
    if field.sensitivity == Sensitivity::Usage {
        read = read.words(" Tells how the machine is used.");
    }
    let details =
        vec![possible_answers(field).into(), manifest.purpose(&field.purpose).into(), read];
    (field.question.to_string().into(), details)
}

fn together(channel: &Channel) -> String {
    let anchor = channel.anchor.as_ref().and_then(|id| channel.field(id.as_str()));
    let anchor = anchor.map(|field| {
        format!(
            " “{}” is repeated in every part, so that the others can be broken down by it.",
            field.question
        )
    });
    format!(
        "A report travels in parts, each on its own, in its own envelope, at its own moment. The \
         more different answers a part allows, the easier it is to tell one machine's from \
         another's.{}",
        anchor.unwrap_or_default()
    )
}

fn parts(channel: &Channel) -> Block {
    let row = |part: &Part| {
        let questions: Vec<_> =
            channel.fields_of(part).map(|field| field.question.to_string()).collect();
        let each = match &part.records {
            Some(records) => format!(" (of each of up to {} {})", records.max, records.unit),
            None => String::new(),
        };
        let bits: Option<f64> = channel.fields_of(part).map(|field| field.kind.bits()).sum();
        let answers = match bits {
            Some(bits) => format!("about {}", about(bits)),
            None => "no bound: the text may be unique".to_owned(),
        };
        vec![
            Line::default().code(part.id.as_str()),
            (questions.join(" · ") + &each).into(),
            answers.into(),
        ]
    };
    let head = ["Part", "Questions in it", "Different answers possible"];
    Block::Table {
        head: head.map(Line::from).to_vec(),
        rows: channel.parts.iter().map(row).collect(),
        numbers: Some(2),
    }
}

fn afterwards(channel: &Channel) -> Vec<(Line, Vec<Line>)> {
    let mut entries = vec![
        ("How often".into(), vec![how_often(channel).into()]),
        ("How long it is kept".into(), vec![how_long(channel).into()]),
        ("What it can be joined to".into(), vec![identity(channel).into()]),
        ("What is published".into(), published(channel)),
    ];
    let records = channel.parts.iter().filter_map(|part| Some((part, part.records.as_ref()?)));
    let records: Vec<Line> = records
        .map(|(part, of)| {
            let words = format!(
                "“{}” For each of up to {} {}, chosen at random where there are more; each travels \
                 in a part of its own (",
                of.question, of.max, of.unit
            );
            Line::from(words)
                .code(part.id.as_str())
                .words(
                    "), so nothing says which of them belong \
                 to one machine. Published numbers count ",
                )
                .words(format!("{}.", of.unit))
        })
        .collect();
    if !records.is_empty() {
        entries.push(("Things of which a machine has several".into(), records));
    }
    if channel.fields().any(|field| matches!(field.kind, Kind::Sample { .. })) {
        let text = "Each value travels in a part of its own, at most 20 in a period, chosen at \
                    random. Cleaning removes what this machine knows about itself and what looks \
                    like a name, an address or a number that identifies; it can miss something. \
                    Who administers the collector's machine can read the values.";
        entries.push(("Text that is not from a list".into(), vec![text.into()]));
    }
    entries
}

fn how_often(channel: &Channel) -> String {
    let period = match channel.period {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
    };
    format!(
        "Each part {}, at a random moment of the {period} (UTC). A moment missed while the machine \
         was off is drawn again within 24 hours. What cannot be sent is dropped two days after its \
         {period}.",
        channel.period.once()
    )
}

fn how_long(channel: &Channel) -> String {
    let period = match channel.period {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
    };
    let days = usize::try_from(channel.retention_days).unwrap_or(usize::MAX);
    format!(
        "{} after its {period}, then the collector removes the files. Each receipt names the day. \
         Backups expire with them. Published numbers stay.",
        counted(days, "day", "days")
    )
}

fn identity(channel: &Channel) -> String {
    let period = match channel.period {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
    };
    match channel.identity {
        Identity::None => "Parts carry no tag, so the data is anonymous once it is received: \
                           nothing joins two parts, and for the same reason nobody, you included, \
                           can have one listed or deleted afterwards."
            .to_owned(),
        Identity::Period => format!(
            "Each part carries a random-looking tag that lasts one {period}. It keeps a part from \
             being counted twice, and lets you have it deleted. It is another tag in every part \
             and every {period}, so it joins neither the parts of one machine nor one {period} to \
             the next. Such data is pseudonymous."
        ),
        Identity::Days28 => {
            "Each part carries a random-looking tag that lasts four weeks, another \
                             one in every part. It joins what this machine answered in that part \
                             over those weeks; the pattern of days on which a machine reports may \
                             join different parts too (in a simulation 12 % of machines had a \
                             pattern of their own over 28 days). Such data is pseudonymous."
                .to_owned()
        }
        Identity::Stable => "Each part carries a random-looking tag that lasts until you take it \
                             back, another one in every part. It joins everything this machine \
                             answers in that part, for good; the pattern of days on which a \
                             machine reports may join different parts too (in a simulation 42 % \
                             of machines had a pattern of their own over 90 days). Such data is \
                             pseudonymous."
            .to_owned(),
    }
}

fn published(channel: &Channel) -> Vec<Line> {
    let fields = channel.fields().filter(|field| field.publish).count();
    if fields == 0 {
        return vec!["Nothing.".into()];
    }
    let how_often = match channel.release {
        PeriodKind::Day => "every day",
        PeriodKind::Week => "every week",
    };
    let group = channel.group_min;
    let first = format!(
        "Statistics, {how_often}, about finished periods. A value that fewer than {group} machines \
         gave is not shown on its own. No page or tool shows one machine's answers."
    );
    let mut lines = vec![first.into()];
    if counts_28_days(channel) {
        let text = "Also how many machines reported within 28 days, each counted once by its tag.";
        lines.push(text.into());
    }
    lines.extend(crossed(channel));
    lines.push(protection(channel).into());
    lines
}

/// Which questions are counted together.
fn crossed(channel: &Channel) -> Option<Line> {
    let question =
        |id: &FieldId| channel.field(id.as_str()).map(|field| field.question.to_string());
    let pairs = channel.parts.iter().flat_map(|part| &part.crosses).filter_map(|cross| {
        Some(format!("“{}” with “{}”", question(&cross.rows)?, question(&cross.columns)?))
    });
    let pairs: Vec<_> = pairs.collect();
    let text = format!("Also how often two answers were given together: {}.", pairs.join("; "));
    (!pairs.is_empty()).then(|| text.into())
}

/// In how many tables an answer is at most, its own among them.
fn tables_of_an_answer(channel: &Channel) -> usize {
    let crosses = || channel.parts.iter().flat_map(|part| &part.crosses);
    let of = |field: &Field| crosses().filter(|cross| cross.fields().contains(&&field.id)).count();
    1 + channel.fields().map(of).max().unwrap_or(0)
}

fn protection(channel: &Channel) -> String {
    let (release, year) = match channel.publication {
        Publication::Noisy { epsilon_release_milli, epsilon_year_milli } => {
            (epsilon_release_milli, epsilon_year_milli)
        }
        Publication::Exact => {
            return "The numbers are exact. Comparing one release with the next can reveal what \
                    changed between them: in a simulation with 1,000 machines, the answer of a \
                    single one that joined was read 72 % of the time, against 28 % by guessing."
                .to_owned();
        }
    };
    let share = f64::from(release) / 1_000.0 / shares(channel).max(1) as f64;
    let answer = share * tables_of_an_answer(channel) as f64;
    let delta = |part: &Part| {
        let several = part.records.as_ref().map_or(1, |records| records.max);
        let published = part.fields.iter().filter(|field| field.publish);
        published.map(|field| sensitivity(&field.kind)).min().map(|delta| delta * several)
    };
    let delta = channel.parts.iter().filter_map(delta).min().unwrap_or(1);
    format!(
        "Random noise is added to every number before it is published. A release may spend ε = {} \
         over all its questions, a year ε = {}. In plain words: whether or not this machine \
         answered a question changes the chance of any published result about it by at most a \
         factor of {:.2}. A number is then wrong by up to about ±{:.0} (19 times out of 20) where \
         that much is enough, by more for questions with several answers, and each says by how \
         much. Noise \
         protects an answer in one release; for machines that answer the same every time it wears \
         off over many.",
        thousandths(release),
        thousandths(year),
        answer.exp(),
        (20f64.ln() * f64::from(delta) / share).ceil(),
    )
}
