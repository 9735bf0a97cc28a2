//! Programs that end, and programs that do not want to.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use agent::edge::source::OsSources;
use agent::gather::{ReadError, ReadSource as _};
use agent::ports::Gather as _;

use crate::{LITTLE, PLENTY, limits, sources, write};

fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What a program prints, or why it gives nothing.
fn said(words: &[&str]) -> Result<String, String> {
    printed(sources().command(&argv(words), PLENTY))
}

/// The same for a script. It is read by the shell and not run itself: a file that another thread's
/// child still holds open for writing could not be.
fn script_within(time: Duration, script: &str, argument: &Path) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let script = write(folder.path(), "script", script);
    let words = ["/bin/sh", script.to_str().unwrap(), argument.to_str().unwrap()];
    printed(OsSources::new(limits(time)).command(&argv(&words), PLENTY))
}

fn script(script: &str) -> Result<String, String> {
    script_within(PLENTY, script, Path::new("/"))
}

/// The same for a script that hangs after it wrote a number into a file. It gets more and more
/// time, until a busy machine lets it come so far.
fn script_that_hangs(script: &str, number: &Path) -> Result<String, String> {
    let mut time = LITTLE;
    loop {
        let result = script_within(time, script, number);
        if number.exists() || time > PLENTY {
            return result.map_err(|why| why.replace(&time.as_secs_f32().to_string(), "0.2"));
        }
        time *= 2;
    }
}

fn printed(output: Result<Vec<u8>, ReadError>) -> Result<String, String> {
    output.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.to_string())
}

const STOPPED: &str = "took longer than 0.2 s and was stopped";

#[track_caller]
fn check_stopped(hanging: &str) {
    assert_eq!(script_within(LITTLE, hanging, Path::new("/")), Err(STOPPED.to_owned()));
}

/// Writes `$number` into a file that is there as a whole or not at all.
const NOTING: &str = "echo $number > \"$1.part\"; mv \"$1.part\" \"$1\"";

/// The process whose number a script wrote into a file.
fn process_in(file: &Path) -> String {
    let mut number = String::new();
    File::open(file).unwrap().read_to_string(&mut number).unwrap();
    number.trim().to_owned()
}

/// Whether a process is there and no zombie.
fn is_alive(process: &str) -> bool {
    let mut stat = String::new();
    let opened = File::open(format!("/proc/{process}/stat"));
    opened.and_then(|mut file| file.read_to_string(&mut stat)).is_ok() && !stat.contains(") Z ")
}

/// A kill takes effect when the kernel comes to it.
#[track_caller]
fn check_dies(process: &str) {
    let dead = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        !is_alive(process)
    });
    assert!(dead, "process {process} outlived its command");
}

#[test]
fn a_program_is_found_and_its_output_taken() {
    assert_eq!(said(&["printf", "%s|", "one", "two"]), Ok("one|two|".to_owned()));
    assert_eq!(said(&["/usr/bin/printf", "x"]), Ok("x".to_owned()));
    assert_eq!(said(&["true"]), Ok(String::new()));
}

#[test]
fn no_shell_reads_the_arguments() {
    let odd = "$(id) `id`; id | id > /x * ~ \"'\\";
    assert_eq!(said(&["printf", "%s", odd]), Ok(odd.to_owned()));
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    for name in ["no-such-program", "/no/such/program", "/bin/sh/no"] {
        assert_eq!(said(&[name]), Err("is not there".to_owned()), "{name}");
    }
    assert_eq!(said(&[]), Err("is not there".to_owned()));
}

#[test]
fn a_program_of_a_relative_path_is_refused() {
    for name in ["./true", "bin/true", "../bin/true", ""] {
        assert_eq!(said(&[name]), Err("is not named by an absolute path".to_owned()));
    }
}

#[test]
fn a_file_that_may_not_be_run_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let plain = write(folder.path(), "plain", "#!/bin/sh\necho no\n");
    for path in [plain.as_path(), folder.path()] {
        let denied = "is not open to the user that this program runs as".to_owned();
        assert_eq!(said(&[path.to_str().unwrap()]), Err(denied));
    }
}

#[test]
fn a_program_that_fails_is_an_error_whatever_it_printed() {
    assert_eq!(script("echo 5; exit 3"), Err("failed with status 3".to_owned()));
    assert_eq!(script("echo 5; kill -SEGV $$"), Err("was ended by signal 11".to_owned()));
}

#[test]
fn a_program_that_hangs_is_stopped() {
    check_stopped("exec sleep 1000");
    check_stopped("echo partly; exec sleep 1000");
    check_stopped("while :; do :; done");
    check_stopped("trap '' TERM INT HUP; sleep 1000; sleep 1000");
    check_stopped("kill -STOP $$");
}

#[test]
fn a_program_that_closes_its_output_and_hangs_is_stopped() {
    check_stopped("exec >&-; exec sleep 1000");
}

#[test]
fn a_program_that_trickles_is_stopped() {
    check_stopped("while :; do printf .; sleep 0.05; done");
}

#[test]
fn a_time_that_is_shorter_than_the_limit_holds() {
    let hanging = sources().command(&argv(&["sleep", "1000"]), LITTLE);
    assert_eq!(printed(hanging), Err(STOPPED.to_owned()));
}

#[test]
fn what_a_hanging_program_started_dies_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("number");
    let forking = format!("sleep 1000 & number=$!; {NOTING}; wait");
    assert_eq!(script_that_hangs(&forking, &number), Err(STOPPED.to_owned()));
    check_dies(&process_in(&number));
}

#[test]
fn what_a_program_leaves_behind_dies_and_delays_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("number");
    // What stays behind holds the output open.
    let leaving = format!("sleep 1000 & number=$!; {NOTING}; echo done");
    assert_eq!(script_within(PLENTY, &leaving, &number), Ok("done\n".to_owned()));
    check_dies(&process_in(&number));
}

/// Starts what leaves the group and holds the output open, and waits until it is away.
const LEAVING: &str = "setsid sh -c 'echo $$ > \"$0.part\"; mv \"$0.part\" \"$0\"; \
                       exec sleep 1000' \"$1\" & while [ ! -e \"$1\" ]; do :; done; echo done; ";

#[test]
fn what_leaves_the_group_cannot_hold_us_up() {
    for (end, expected) in [("exit 0", Ok("done\n")), ("sleep 1000", Err(STOPPED))] {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("number");
        let script = format!("{LEAVING}{end}");
        let result = match expected {
            Ok(_) => script_within(PLENTY, &script, &number),
            Err(_) => script_that_hangs(&script, &number),
        };
        let process = process_in(&number);
        assert!(is_alive(&process), "the test is worth something only if it got away");
        let process = process.parse().ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
        assert_eq!(result.as_deref().map_err(String::as_str), expected);
    }
}

#[test]
fn a_program_that_has_ended_leaves_no_zombie() {
    for end in ["exit 0", "exit 1", "exec sleep 1000", "yes"] {
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("number");
        let _ = script_that_hangs(&format!("number=$$; {NOTING}; {end}"), &number);
        let process = process_in(&number);
        assert!(!Path::new("/proc").join(process).exists(), "{end}");
    }
}

#[test]
fn output_without_end_is_cut_short() {
    let too_long = Err("gives more than 1000 bytes".to_owned());
    assert_eq!(said(&["yes"]), too_long);
    assert_eq!(said(&["cat", "/dev/zero"]), too_long);
    assert_eq!(said(&["head", "-c", "1001", "/dev/zero"]), too_long);
    assert_eq!(said(&["head", "-c", "1000", "/dev/zero"]).map(|text| text.len()), Ok(1000));
    // Also what is still in the pipe when the program has ended.
    assert_eq!(script("yes | head -c 60000"), too_long);
}

#[test]
fn a_program_runs_where_no_relative_path_leads() {
    assert_eq!(said(&["pwd"]), Ok("/\n".to_owned()));
}

#[test]
fn what_a_program_does_to_its_group_does_not_reach_us() {
    assert_eq!(script("kill -TERM 0; exec sleep 1000"), Err("was ended by signal 15".to_owned()));
}

#[test]
fn a_program_yields_to_the_product() {
    // Its rank is set right after its start, so it may see a moment without.
    let patient = "while [ \"$(nice)\" != 19 ]; do :; done; nice";
    assert_eq!(script(patient), Ok("19\n".to_owned()));
}

#[test]
fn a_program_that_takes_too_much_of_the_machine_is_stopped() {
    let patient = |what: &str, most: &str| {
        format!("while [ \"$(ulimit -{what})\" != {most} ]; do :; done; ulimit -{what}")
    };
    // Seconds of processor, KiB of memory of its own, and no copy of its memory on the disk.
    assert_eq!(script(&patient("t", "10")), Ok("10\n".to_owned()));
    assert_eq!(script(&patient("d", "1048576")), Ok("1048576\n".to_owned()));
    assert_eq!(script(&patient("c", "0")), Ok("0\n".to_owned()));
}

#[test]
fn facts_are_gathered_at_the_lowest_rank_and_the_rest_goes_on_at_its_own() {
    let rank = || {
        let mut stat = String::new();
        File::open("/proc/thread-self/stat").unwrap().read_to_string(&mut stat).unwrap();
        let after = stat.rsplit(") ").next().unwrap().to_owned();
        after.split(' ').nth(16).unwrap().to_owned()
    };
    let before = rank();
    let text = include_str!("../../../simulation/src/larkspur/manifest.toml");
    let manifest = contract::manifest::Manifest::parse(text).unwrap();
    let mut field = manifest.channels[0].parts[0].fields[0].clone();
    field.source = serde_json::from_value(serde_json::json!({
        "from": "command", "argv": ["nice"], "take": {"amount": "first", "times": 1},
    }))
    .unwrap();
    let facts = agent::edge::facts::OsFacts::new(&manifest, None).facts(&[&field]);
    let fact = facts.into_values().next().unwrap();
    assert!(fact == Ok(contract::answer::Fact::Text("19".to_owned())), "it ran at another rank");
    assert_eq!(rank(), before);
}

#[test]
fn what_a_program_says_on_the_side_is_not_taken() {
    assert_eq!(script("echo side >&2; echo main"), Ok("main\n".to_owned()));
}
