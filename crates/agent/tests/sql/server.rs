//! A MariaDB and a PostgreSQL of our own, in a temporary folder, behind a Unix socket. A shell
//! holds each of them and ends it when this process ends, however it ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server.
pub(crate) struct Server {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// The folder of its programs.
    programs: PathBuf,
    /// Holds the server: its standard input is the sign that somebody still needs it.
    holder: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

const FOLDERS: [&str; 6] =
    ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec", "/bin"];

fn find(program: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not run")]
fn note(what: &str) {
    println!("{what}");
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A folder with a short name: the names of sockets have 107 bytes.
fn folder(name: &str) -> PathBuf {
    let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    // The holder removes it.
    folder.keep()
}

fn hold(command: &[String], folder: &Path) -> Child {
    let script = "folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 & server=$!; read -r _; \
                  kill -9 $server; wait $server 2>/dev/null; rm -rf \"$folder\"";
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(folder)
        .args(command)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Server {
    /// A MariaDB; `None`, and a note, where it is not installed.
    pub(crate) fn mariadb() -> Option<Self> {
        let folders = FOLDERS.map(PathBuf::from);
        let found = ["mariadbd", "mariadb-install-db", "mariadb", "mariadb-admin"]
            .map(|program| find(program, &folders));
        let [Some(server), Some(install), Some(_), Some(admin)] = found else {
            note("skipped: mariadb-server is not installed");
            return None;
        };
        let folder = folder("sql");
        let data = format!("--datadir={}", folder.join("data").display());
        let user = if is_root() { "--user=root" } else { "--skip-name-resolve" };
        run(Command::new(install)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([&data, user]));
        let socket = format!("--socket={}", folder.join("s").display());
        let command = [
            server.to_str().unwrap(),
            "--no-defaults",
            &data,
            user,
            &socket,
            "--skip-networking",
            "--innodb-buffer-pool-size=128M",
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-log-bin",
        ];
        let holder = hold(&command.map(str::to_owned), &folder);
        let server = Self { folder, programs: admin.parent().unwrap().to_owned(), holder };
        run(Command::new(admin).args(["--no-defaults", &socket, "-uroot", "--wait=60", "ping"]));
        Some(server)
    }

    /// A PostgreSQL; `None`, and a note, where it is not installed or cannot run.
    pub(crate) fn postgresql() -> Option<Self> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
        folders.extend(FOLDERS.map(PathBuf::from));
        let needed = ["initdb", "postgres", "pg_isready", "psql"];
        let has_all = |folder: &&PathBuf| needed.iter().all(|name| folder.join(name).is_file());
        let found = folders.iter().find(has_all);
        let Some(programs) = found.cloned() else {
            note("skipped: postgresql is not installed");
            return None;
        };
        let folder = folder("pg");
        let as_user: &[&str] = if is_root() {
            // It refuses to run as root.
            let owned = Command::new("chown").arg("postgres").arg(&folder).status();
            if !owned.is_ok_and(|status| status.success()) {
                note("skipped: PostgreSQL does not run as root, and there is no user postgres");
                return None;
            }
            &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        } else {
            &["env"]
        };
        let data = folder.join("data").display().to_string();
        let secret = folder.join("secret");
        std::io::Write::write_all(&mut std::fs::File::create(&secret).unwrap(), b"root\n").unwrap();
        let initdb = programs.join("initdb").display().to_string();
        let (name, arguments) = as_user.split_first().unwrap();
        run(Command::new(name)
            .args(arguments)
            .args([&initdb, "-D", &data, "-U", "root", "-A", "scram-sha-256", "-E", "UTF8"])
            .arg(format!("--pwfile={}", secret.display()))
            .current_dir("/"));
        let postgres = programs.join("postgres").display().to_string();
        let sockets = format!("unix_socket_directories={}", folder.display());
        let command = as_user.iter().map(|word| (*word).to_owned()).chain(
            [&postgres, "-D", &data, "-c", &sockets, "-c", "listen_addresses=", "-c", "fsync=off"]
                .map(ToString::to_string),
        );
        let holder = hold(&command.collect::<Vec<_>>(), &folder);
        let server = Self { folder, programs, holder };
        let asks = |server: &Self| {
            let mut command = Command::new(server.programs.join("pg_isready"));
            command.args(["-q", "-t", "1", "-h"]).arg(&server.folder).status()
        };
        // Each look takes some milliseconds of its own.
        let ready = (0..5_000).any(|_| asks(&server).is_ok_and(|status| status.success()));
        assert!(ready, "PostgreSQL did not start");
        Some(server)
    }

    /// The socket of a MariaDB.
    pub(crate) fn socket(&self) -> String {
        self.folder.join("s").display().to_string()
    }

    /// Carries out statements as the administrator of a MariaDB.
    #[track_caller]
    pub(crate) fn mariadb_says(&self, database: &str, statements: &str) -> String {
        let mut command = Command::new(self.programs.join("mariadb"));
        command.args(["--no-defaults", "-uroot", "-N", "-B", "--binary-mode"]);
        command.arg(format!("--socket={}", self.socket())).arg(database);
        feed(&mut command, statements)
    }

    /// Carries out statements as the administrator of a PostgreSQL.
    #[track_caller]
    pub(crate) fn postgresql_says(&self, database: &str, statements: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "root", "-d", database]);
        command.arg("-h").arg(&self.folder).env("PGPASSWORD", "root");
        feed(&mut command, statements)
    }
}

#[track_caller]
fn feed(command: &mut Command, statements: &str) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, statements.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
