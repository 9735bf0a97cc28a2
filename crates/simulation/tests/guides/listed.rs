//! Guides that list commands, each with what it does beside it: every one of them is run, in order,
//! on a machine whose vendor's collector stands beside it.

use crate::{BEGIN, followed_as, guide, says};

/// The commands of a guide, block by block, without what is told beside them.
fn listed(name: &str) -> Vec<Vec<String>> {
    let text = guide(name).replace("\\\n    ", "");
    let mut blocks: Vec<Option<Vec<String>>> = Vec::new();
    for line in text.lines() {
        match (line.starts_with("```"), blocks.last_mut()) {
            (true, Some(Some(_))) => blocks.push(None),
            (true, _) => blocks.push(Some(Vec::new())),
            (false, Some(Some(block))) => {
                // Two spaces stand between a command and what is told of it, and between two.
                let cells = line.split('#').next().unwrap_or_default().split("  ");
                let commands = cells.map(str::trim).filter(|cell| cell.starts_with("candor-"));
                block.extend(commands.map(str::to_owned));
            }
            (false, _) => {}
        }
    }
    blocks.into_iter().flatten().filter(|block| !block.is_empty()).collect()
}

/// A block as a script that tells each command before it runs.
fn script(block: &[String]) -> String {
    let mut script = String::new();
    for command in block {
        script.extend(["echo '$ ", command, "'\n", command, "\n"]);
    }
    script
}

/// A vendor with a collector on port 8712 that takes what comes blind, too.
const VENDOR: &str = r#"
root=$(candor-collector keys root --out root.key | head -n 1)
sed -e 's|https://stats.larkspur.example|http://127.0.0.1:8712|' -e "s|ed25519:[0-9a-f]*|$root|" \
    "$CHECKOUT/crates/simulation/src/larkspur/manifest.toml" > larkspur.toml
candor-collector --data data keys issue --root root.key --program larkspur
candor-collector --data data serve --listen 127.0.0.1:8712 --manifest larkspur.toml \
    > collector.log 2>&1 &
collector=$!
until curl -fs http://127.0.0.1:8712/health > health; do kill -0 $collector; done
export CANDOR_MANIFEST=$PWD/larkspur.toml CANDOR_STATE=$PWD/state
"#;

#[test]
fn every_command_of_the_operators_guide_does_what_stands_beside_it() {
    let blocks = listed("operator.md");
    let mut all = VENDOR.to_owned();
    let mut seen = 0;
    for block in &blocks {
        if block.iter().any(|command| command.contains("bundle")) {
            // At the vendor nothing else may have the folder in use.
            all += "kill $collector; wait $collector || true\n";
            all += "candor-agent airgap on\ncandor-agent agree usage --tier basic\n";
        }
        for command in block {
            seen += 1;
            if command == "candor-agent compare usage" {
                // Nothing is published on the first day, and it says so.
                all += "if candor-agent compare usage > compared 2>&1; then exit 1; fi\n";
                all += "cat compared\n";
                continue;
            }
            all += &script(&[command.replace("--data DIR", "--data data")]);
        }
        if block.iter().any(|command| command.contains("agree usage")) {
            // The last of the block was a no; there is to be something to take back.
            all += "candor-agent agree usage --tier basic\ncandor-agent send usage\n";
        }
        if block.iter().any(|command| command.contains("bundle export")) {
            all += "candor-agent ledger verify\n";
        }
    }
    assert!(seen >= 15, "{blocks:?}");
    let (_folder, said) = followed_as("operator.md", &(BEGIN.to_owned() + &all), &["8712"]);
    says(&said, &["$ candor-agent status", "$ candor-agent withdraw --all"]);
}
