//! A machine with the real program, a manifest and a state folder of its own.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The fictional program's manifest. Its collector is replaced by each test's own.
const MANIFEST: &str = include_str!("../../../simulation/src/larkspur/manifest.toml");

/// What the machine that runs the test may say, and must not.
const VARIABLES: &[&str] = &[
    "CANDOR_TELEMETRY",
    "DO_NOT_TRACK",
    "CANDOR_MANIFEST",
    "CANDOR_STATE",
    "CANDOR_COLLECTOR",
    "CANDOR_CONFIG",
    "CANDOR_CA",
    "CANDOR_PROXY",
    "CANDOR_POLICY",
    "CANDOR_TIMEOUT",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "BUILDKITE",
    "TF_BUILD",
];

pub(crate) struct Machine {
    pub(crate) folder: tempfile::TempDir,
    user: Option<&'static str>,
}

impl Machine {
    /// A machine whose manifest names this collector.
    pub(crate) fn new(collector: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = MANIFEST.replace("https://stats.larkspur.example", collector);
        std::fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
        Self { folder, user: None }
    }

    /// The same on which somebody agreed.
    pub(crate) fn agreed(collector: &str) -> Self {
        let machine = Self::new(collector);
        let output = machine.run(&["agree", "usage", "--tier", "full"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        machine
    }

    /// Runs the next commands as a user who owns nothing here; only root can arrange that.
    pub(crate) fn owned_by_another(mut self) -> Option<Self> {
        let is_root = rustix::process::geteuid().is_root();
        self.user = is_root.then_some("65534");
        is_root.then_some(self)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_candor-agent");
        let mut command = match self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups", "--", program]);
                command
            }
        };
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        command.args(arguments).args(["--timeout", "2"]);
        command.arg("--manifest").arg(self.path("manifest.toml"));
        command.arg("--state").arg(self.path("state"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must fail, and returns what a person reads.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        self.run(arguments).said_no()
    }

    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) trait SaidNo {
    /// The three lines of an error, which it must have.
    fn said_no(self) -> String;
}

impl SaidNo for Output {
    fn said_no(self) -> String {
        let error = String::from_utf8(self.stderr).unwrap();
        assert!(!self.status.success(), "it should have failed: {error}");
        assert_eq!(String::from_utf8_lossy(&self.stdout), "");
        // A warning may stand before it.
        let mut lines = error.lines().skip_while(|line| !line.starts_with("candor-agent: "));
        assert!(lines.next().is_some(), "{error}");
        for label in ["  what happened   ", "  what is kept    ", "  what to do      "] {
            let found = lines.by_ref().find_map(|line| line.strip_prefix(label));
            assert!(found.is_some_and(|text| !text.trim().is_empty()), "{label} of {error}");
        }
        error
    }
}
