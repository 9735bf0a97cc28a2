//! `candor-agent`: wires the agent to this machine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use agent::agent::{Agent, World};
use agent::cli::{Cli, Command, Common, ManifestAction};
use agent::command::{Output, carry_out};
use agent::config::{CONFIG_BYTES_MAX, CONFIG_FILE, Config};
use agent::edge::{clock, facts, files, http, random, terminal};
use agent::ports::Person;
use agent::trouble::Trouble;
use agent::{manifests, service};
use clap::Parser;
use contract::environment::Environment;
use contract::limits::MANIFEST_BYTES_MAX;
use contract::manifest::Manifest;
use disk::{Disk, OsDisk};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.common.json;
    match run(cli) {
        Ok(output) => {
            print(&mut std::io::stderr(), output.note.as_bytes());
            print(&mut std::io::stdout(), &output.out);
            ExitCode::from(output.code)
        }
        Err(trouble) if json => {
            print(&mut std::io::stdout(), format!("{:#}\n", trouble.json()).as_bytes());
            ExitCode::FAILURE
        }
        Err(trouble) => {
            print(&mut std::io::stderr(), format!("{trouble}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn print(to: &mut dyn Write, bytes: &[u8]) {
    // Whoever closed the pipe wants no more; that is no error.
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

fn run(cli: Cli) -> Result<Output, Trouble> {
    let common = configured(cli.common)?;
    if let Command::Manifest { action } = &cli.command {
        return manifest_tool(action, &common);
    }
    let path = common.manifest.as_deref().ok_or_else(no_manifest)?;
    let manifest = read_manifest(path)?;
    if let Some(collector) = &common.collector {
        contract::destination::check_url(collector).map_err(|why| {
            let kept = "everything as it was; nothing was sent";
            Trouble::new("the collector's address cannot be used.", why, kept, "name another")
        })?;
    }
    let folder = state_folder(&common, &manifest);
    let disk = open_state(&folder, &cli.command)?;
    let ca = common.ca.as_deref();
    let ca = ca.map(|path| files::read_text(path, "the certificate authority", 1 << 20));
    let transport = http::Https::new(ca.transpose()?.as_deref())?;
    let world = World {
        disk: disk.as_ref().map(|disk| disk as &dyn Disk),
        clock: &clock::OsClock,
        random: &random::OsRandom,
        facts: &facts::OsFacts,
        transport: &transport,
    };
    let environment = Environment::read("this command", variable);
    let agent = Agent::new(manifest, common.collector.as_deref(), environment, in_ci(), world);
    if matches!(cli.command, Command::Run) {
        let log = |line: &str| print(&mut std::io::stderr(), format!("{line}\n").as_bytes());
        return service::run(&agent, &log).map(|()| Output::default());
    }
    let person = terminal::Terminal::present();
    let person = person.as_ref().map(|person| person as &dyn Person);
    carry_out(&agent, &cli.command, common.json, person)
}

/// The options, completed from the configuration file.
fn configured(common: Common) -> Result<Common, Trouble> {
    let path = common.config.clone().unwrap_or_else(|| PathBuf::from(CONFIG_FILE));
    if common.config.is_none() && !path.exists() {
        return Ok(common);
    }
    let text = files::read_text(&path, "the configuration file", CONFIG_BYTES_MAX)?;
    Ok(Config::parse(&text)?.complete(common))
}

fn manifest_tool(action: &ManifestAction, common: &Common) -> Result<Output, Trouble> {
    let read = |file: &Option<PathBuf>| {
        let path = file.as_deref().or(common.manifest.as_deref()).ok_or_else(no_manifest)?;
        read_manifest(path)
    };
    match action {
        ManifestAction::Check { file } => {
            let path = file.as_deref().or(common.manifest.as_deref()).ok_or_else(no_manifest)?;
            let text = files::read_text(path, "the manifest", MANIFEST_BYTES_MAX)?;
            Ok(manifests::check(&path.display().to_string(), &text, common.json))
        }
        ManifestAction::Statement { file, html } => Ok(manifests::statement(&read(file)?, *html)),
        ManifestAction::Schema { file } => Ok(manifests::schema(&read(file)?)),
        ManifestAction::Dictionary { file } => Ok(manifests::dictionary(&read(file)?, common.json)),
        ManifestAction::Diff { old, new } => {
            Ok(manifests::diff(&read_manifest(old)?, &read_manifest(new)?, common.json))
        }
    }
}

fn read_manifest(path: &Path) -> Result<Manifest, Trouble> {
    let text = files::read_text(path, "the manifest", MANIFEST_BYTES_MAX)?;
    Manifest::parse(&text).map_err(|problems| {
        Trouble::new(
            "the manifest cannot be used.",
            format!("{}:\n{problems}", path.display()),
            "everything as it was; nothing was sent",
            "tell whoever ships the program; candor-agent manifest check shows the same",
        )
    })
}

fn no_manifest() -> Trouble {
    Trouble::new(
        "no manifest was named.",
        "without a manifest nothing may be collected, so there is nothing to show",
        "everything as it was; nothing was sent",
        format!("name it with --manifest FILE, in CANDOR_MANIFEST, or in {CONFIG_FILE}"),
    )
}

fn state_folder(common: &Common, manifest: &Manifest) -> PathBuf {
    let default = || Path::new("/var/lib/candor").join(manifest.program.id.as_str());
    common.state.clone().unwrap_or_else(default)
}

/// Opens the state folder. Commands that only look never make it.
fn open_state(folder: &Path, command: &Command) -> Result<Option<OsDisk>, Trouble> {
    let writes = matches!(
        command,
        Command::Ask { .. }
            | Command::Agree { .. }
            | Command::Decline { .. }
            | Command::Send { .. }
            | Command::Tick
            | Command::Run
    );
    if !writes && !folder.exists() {
        return Ok(None);
    }
    OsDisk::open(folder).map(Some).map_err(|error| {
        let mut trouble = Trouble::disk("opening the state folder", &error);
        trouble.happened = format!("{}: {}", folder.display(), trouble.happened);
        trouble
    })
}

#[expect(clippy::disallowed_methods, reason = "the environment is read here and passed in")]
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    // What is not UTF-8 is nonsense, and nonsense forbids.
    Some(value.into_string().unwrap_or_else(|_| "?".to_owned()))
}

/// Whether this process runs in continuous integration, by the variables that its common systems
/// set.
fn in_ci() -> bool {
    let systems = ["GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE", "TF_BUILD"];
    let ci = variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    ci || systems.iter().any(|name| variable(name).is_some())
}
