//! Prints every fact that the agent knows of this machine, for whoever works on the agent to look
//! at. What a program may send is decided by its manifest, and shown by `preview`.

#![expect(clippy::print_stdout, reason = "printing is what this is for")]

use agent::edge::source::OsSources;
use agent::gather::ReadSource as _;
use contract::answer::Fact;
use contract::manifest::SYSTEM_FACTS;

fn main() {
    let sources = OsSources::default();
    for (name, fact) in SYSTEM_FACTS {
        let value = match sources.system(*fact) {
            Ok(Fact::Flag(flag)) => flag.to_string(),
            Ok(Fact::Number(number)) => number.to_string(),
            Ok(Fact::Text(text)) => text,
            Ok(Fact::List(list)) => list.join(", "),
            Ok(Fact::Numbers(numbers)) => format!("{} numbers", numbers.len()),
            Ok(Fact::Each(each)) => format!("{} records", each.len()),
            Err(error) => format!("(it {error})"),
        };
        println!("{name:<24}{value}");
    }
}
