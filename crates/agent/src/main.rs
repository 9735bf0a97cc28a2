//! `candor-agent`: wires the agent to this machine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ::push::line::Line;
use agent::agent::{Agent, World};
use agent::cli::{Cli, Command, Common, LedgerAction, PageOptions, PolicyAction, Role};
use agent::command::{Output, carry_out, open_capsule};
use agent::config::{CONFIG_BYTES_MAX, CONFIG_FILE, Config};
use agent::edge::carrier::{Carrier, Handing};
use agent::edge::serve::{Sockets, new_link};
use agent::edge::{
    bundle, clean, clock, connections, facts, files, http, manifest, policy, policy_key, push,
    random, terminal,
};
use agent::limits::CAPSULE_BYTES_MAX;
use agent::page::{Options, Page, Request};
use agent::ports::{Person, Transport};
use agent::push::Pushed;
use agent::trouble::Trouble;
use agent::{service, words};
use clap::Parser;
use contract::environment::Environment;
use contract::manifest::Manifest;
use disk::{Disk, LockGuard, OsDisk};
use serde_json::json;

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
    if let Command::Clean { known } = &cli.command {
        return clean::lines(known.as_deref()).map(|()| Output::default());
    }
    let (common, config) = configured(cli.common)?;
    if let Some(done) = tool(&cli.command, &common) {
        return done;
    }
    let path = common.manifest.as_deref().ok_or_else(manifest::none)?;
    let manifest = manifest::read(path)?;
    check_addresses(&common)?;
    let folder = state_folder(&common, &manifest);
    if let Command::Push { field, word, number } = &cli.command {
        let line = Line { field, number: *number, word: word.as_deref() };
        return push_line(&line, &manifest, &common, &folder);
    }
    if let Some(socket) = cli.command.carries() {
        let Err(trouble) = Carrier::new(&manifest, &common, &variable)?.serve(socket);
        return Err(trouble);
    }
    if matches!(cli.command, Command::Page { here: false, .. }) {
        return Ok(Output { out: (new_link(&folder)? + "\n").into_bytes(), ..Output::default() });
    }
    on_this_machine(cli.command, &common, &config, &manifest, &folder)
}

/// Makes the agent of this machine, and carries out the command.
fn on_this_machine(
    command: Command,
    common: &Common,
    config: &Config,
    manifest: &Manifest,
    folder: &Path,
) -> Result<Output, Trouble> {
    let disk = open_state(folder, &command, common.policy_url.is_some())?;
    let plain = connections::open(common, None, &variable)?;
    let mut policy = connections::fleet_policy(common, &variable)?;
    if let Some(handing) = Handing::of(&command, common, plain.believed()) {
        policy = policy.fetched_over(Box::new(handing));
    }
    let facts =
        facts::OsFacts::new(manifest, common.credentials.as_deref()).with_pushed(folder, manifest);
    let world = World {
        disk: disk.as_ref().map(|disk| disk as &dyn Disk),
        clock: &clock::OsClock,
        random: &random::OsRandom,
        facts: &facts,
        transport: &plain,
        policy: &policy,
    };
    let environment = Environment::read("this command", variable);
    // What the policy says about connections is settled here, before anything is connected.
    let first = agent_in(world, manifest, common, &environment);
    let fetched = match &command {
        Command::Policy { action: PolicyAction::Sync } => first.fetch_policy(0),
        _ => Ok(()),
    };
    let of_fleet = connections::of_fleet(&first, common, &variable)?;
    let transport = of_fleet.as_ref().unwrap_or(&plain);
    let handing = Handing::of(&command, common, transport.believed());
    let handing = handing.as_ref().map(|handing| handing as &dyn Transport);
    let world = World { transport: handing.unwrap_or(transport), ..world };
    let agent = agent_in(world, manifest, common, &environment);
    match command {
        Command::Run(options) => {
            let role = handing.map_or(options.role, |_| Role::Seal);
            let page = config.complete_page(options.page);
            return serve(&agent.in_role(role), common, folder, role, page);
        }
        Command::Page { options, .. } => {
            return serve_here(&agent, common, folder, config.complete_page(options));
        }
        Command::Bundle { action } => return bundle::tool(agent, &action, common.json),
        Command::Compare { channel } => {
            return compare(&agent, transport, &channel, common.json);
        }
        Command::Ledger { action: Some(LedgerAction::Open { file }) } => {
            let capsule = files::read_bytes(&file, "the capsule", CAPSULE_BYTES_MAX)?;
            return open_capsule(&agent, &capsule, common.json);
        }
        _ => {}
    }
    let output = warn_and_carry_out(&agent, &command, common.json)?;
    fetched.map(|()| output)
}

fn agent_in<'w>(
    world: World<'w>,
    manifest: &Manifest,
    common: &Common,
    environment: &Environment,
) -> Agent<'w> {
    let (manifest, environment) = (manifest.clone(), environment.clone());
    Agent::new(manifest, common.collector.as_deref(), environment, in_ci(), world)
        .through(common.relay.as_deref())
}

fn check_addresses(common: &Common) -> Result<(), Trouble> {
    for (whose, address) in [("collector", &common.collector), ("relay", &common.relay)] {
        let checked = address.as_deref().map_or(Ok(()), contract::destination::check_url);
        checked.map_err(|why| {
            let kept = "everything as it was; nothing was sent";
            let headline = format!("the {whose}'s address cannot be used.");
            Trouble::new(headline, why, kept, "name another")
        })?;
    }
    Ok(())
}

fn warn_and_carry_out(agent: &Agent<'_>, command: &Command, json: bool) -> Result<Output, Trouble> {
    let person = terminal::Terminal::present();
    let person = person.as_ref().map(|person| person as &dyn Person);
    if let Some(warning) = agent::command::warning(command) {
        print(&mut std::io::stderr(), warning.as_bytes());
    }
    carry_out(agent, command, json, person)
}

/// Pushes one line.
fn push_line(
    line: &Line<'_>,
    manifest: &Manifest,
    common: &Common,
    folder: &Path,
) -> Result<Output, Trouble> {
    let socket = push::socket_path(folder, common.push_socket.as_deref());
    let state = || {
        let opened = OsDisk::open(folder).map(|disk| Box::new(disk) as Box<dyn Disk>);
        opened.map_err(|error| Trouble::disk("opening the state folder", &error))
    };
    let to = push::push(line, manifest, &socket, state)?;
    Ok(if common.json { Output::json(&json!({ "pushed_to": to })) } else { Output::default() })
}

/// Takes what the product pushes, on a thread of its own, for as long as the process runs.
fn receive_pushes(agent: &Agent<'_>, common: &Common, folder: &Path) -> Result<(), Trouble> {
    let pushed = Pushed::new(&agent.manifest);
    if !pushed.is_wanted() {
        return Ok(());
    }
    let socket = push::socket_path(folder, common.push_socket.as_deref());
    let disk = OsDisk::open(folder).map_err(|e| Trouble::disk("opening the state folder", &e))?;
    // It lives as long as the process, and so does the thread that borrows it.
    let disk: &'static OsDisk = Box::leak(Box::new(disk));
    let receiver = push::Receiver::open(disk, pushed, &socket)?;
    std::thread::spawn(move || {
        let log = |line: &str| print(&mut std::io::stderr(), format!("{line}\n").as_bytes());
        let error = receiver.receive(&log);
        log(&format!("nothing that is pushed is counted any more: {error}"));
    });
    Ok(())
}

/// Runs one role of the service, or all of them.
fn serve(
    agent: &Agent<'_>,
    common: &Common,
    folder: &Path,
    role: Role,
    page: PageOptions,
) -> Result<Output, Trouble> {
    // What this process's environment says, the service records for every command.
    let environment = Environment::read(service::PROCESS, |_| None);
    let page = role.serves_page().then_some(page);
    let _only =
        page.map(|page| serve_page(agent, environment, common, folder, page)).transpose()?;
    if role.gathers() {
        receive_pushes(agent, common, folder)?;
    }
    let log = |line: &str| print(&mut std::io::stderr(), format!("{line}\n").as_bytes());
    if role == Role::Page {
        service::record(agent)?;
        log("the page is served");
        loop {
            std::thread::park();
        }
    }
    service::run(agent, &log).map(|()| Output::default())
}

/// Serves the page where no service runs, until the command is stopped.
fn serve_here(
    agent: &Agent<'_>,
    common: &Common,
    folder: &Path,
    mut page: PageOptions,
) -> Result<Output, Trouble> {
    page.page.get_or_insert(([127, 0, 0, 1], 0).into());
    let _only = serve_page(agent, agent.environment.clone(), common, folder, page)?;
    print(&mut std::io::stdout(), (new_link(folder)? + "\n").as_bytes());
    loop {
        std::thread::park();
    }
}

fn compare(
    agent: &Agent<'_>,
    transport: &http::Https,
    channel: &str,
    json: bool,
) -> Result<Output, Trouble> {
    let host = agent.destination.host_and_port();
    print(&mut std::io::stderr(), words::compare::warning(&host).as_bytes());
    let comparison = agent.compare(channel, transport)?;
    Ok(if json {
        Output::json(&words::compare::json(&comparison))
    } else {
        Output::text(words::compare::text(agent, &comparison))
    })
}

/// Commands that need neither a state folder nor, most of them, a manifest.
fn tool(command: &Command, common: &Common) -> Option<Result<Output, Trouble>> {
    match command {
        Command::Manifest { action } => Some(manifest::tool(action, common)),
        Command::Policy { action: PolicyAction::Key { file } } => {
            Some(policy_key::make(file, common.json))
        }
        Command::Policy { action: PolicyAction::Sign { file, key } } => {
            Some(policy_key::sign(file, key))
        }
        _ => None,
    }
}

/// The lock of whoever serves the page: two would take each other's socket.
const PAGE_LOCK: &str = "page.lock";

/// Serves the page on a thread of its own, for as long as the process runs.
fn serve_page(
    agent: &Agent<'_>,
    environment: Environment,
    common: &Common,
    folder: &Path,
    options: PageOptions,
) -> Result<LockGuard, Trouble> {
    let only = agent.state().lock_as(PAGE_LOCK, 0).map_err(|trouble| {
        trouble.if_locked(
            "another candor-agent already runs on this state folder and serves its page: a \
             service, or candor-agent page --here.",
            "stop that one (Ctrl-C where page --here was typed), then start this one again",
        )
    })?;
    let mut page = Options::checked(options.page_name, options.embed)?;
    let sockets = Sockets::open(folder, options.page)?;
    page.base = sockets.base();
    let page = Page::new(page);
    // These live as long as the process, and so does the thread that borrows them.
    let disk = OsDisk::open(folder).map_err(|e| Trouble::disk("opening the state folder", &e))?;
    let disk: &'static OsDisk = Box::leak(Box::new(disk));
    let plain: &'static http::Https =
        Box::leak(Box::new(connections::open(common, None, &variable)?));
    let policy = connections::fleet_policy(common, &variable)?;
    let policy: &'static policy::OsPolicy = Box::leak(Box::new(policy));
    let (manifest, common) = (agent.manifest.clone(), common.clone());
    let facts = facts::OsFacts::new(&manifest, common.credentials.as_deref())
        .with_pushed(folder, &manifest);
    let answer = move |request: &Request| {
        let world = World {
            disk: Some(disk),
            clock: &clock::OsClock,
            random: &random::OsRandom,
            facts: &facts,
            transport: plain,
            policy,
        };
        let agent = |world| agent_in(world, &manifest, &common, &environment);
        // Where these cannot be made, the plain ones are not those of the policy, and send nothing.
        let of_fleet = connections::of_fleet(&agent(world), &common, &variable).ok().flatten();
        let transport = of_fleet.as_ref().unwrap_or(plain);
        page.answer(&agent(World { transport, ..world }), request)
    };
    std::thread::spawn(move || {
        let Err(trouble) = sockets.serve(Arc::new(answer));
        print(&mut std::io::stderr(), format!("{trouble}\n").as_bytes());
    });
    Ok(only)
}

/// The options, completed from the configuration file.
fn configured(common: Common) -> Result<(Common, Config), Trouble> {
    let path = common.config.clone().unwrap_or_else(|| PathBuf::from(CONFIG_FILE));
    if common.config.is_none() && !path.exists() {
        return Ok((common, Config::default()));
    }
    let text = files::read_text(&path, "the configuration file", CONFIG_BYTES_MAX)?;
    let config = Config::parse(&text)?;
    Ok((config.complete(common), config))
}

fn state_folder(common: &Common, manifest: &Manifest) -> PathBuf {
    let default = || Path::new("/var/lib/candor").join(manifest.program.id.as_str());
    common.state.clone().unwrap_or_else(default)
}

/// Opens the state folder. Commands that only look never make it.
fn open_state(folder: &Path, command: &Command, fetches: bool) -> Result<Option<OsDisk>, Trouble> {
    let writes = matches!(
        command,
        Command::Ask { .. }
            | Command::Agree { .. }
            | Command::Decline { .. }
            | Command::Send { .. }
            | Command::Tick { .. }
            | Command::Withdraw { .. }
            | Command::Airgap { .. }
            | Command::Bundle { .. }
            | Command::Run(_)
            | Command::Page { .. }
    );
    let writes = writes || (fetches && matches!(command, Command::Policy { .. }));
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
