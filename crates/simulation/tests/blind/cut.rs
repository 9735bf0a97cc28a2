//! Figure R10: a connection that breaks at any byte, of what the agent says or of what it is told.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use crate::collector::Collector;
use crate::machine::Machine;
use crate::wire;

/// Bytes between two cuts in `./test`: a prime, so that they fall everywhere. For every byte:
/// `CANDOR_CUT_STEP=1 cargo test -p simulation --test blind -- --nocapture wherever`.
const STEP: usize = 211;

/// Where the next connections break: after so many bytes to the collector, or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Never,
    Sent(usize),
    Told(usize),
}

/// A wire to the collector that can be cut.
struct Wire {
    address: SocketAddr,
    cut: Arc<Mutex<Cut>>,
    /// The most bytes that one connection carried to the collector and from it.
    longest: Arc<Mutex<(usize, usize)>>,
}

impl Wire {
    fn to(collector: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, longest) = (Arc::new(Mutex::new(Cut::Never)), Arc::default());
        let wire = Self { address, cut: Arc::clone(&cut), longest: Arc::clone(&longest) };
        // Ends with the test's process.
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let ends = (near.unwrap(), wire::open(collector));
                let (cut, longest) = (*cut.lock().unwrap(), Arc::clone(&longest));
                std::thread::spawn(move || carry(&ends, cut, &longest));
            }
        });
        wire
    }

    fn set(&self, cut: Cut) {
        *self.cut.lock().unwrap() = cut;
    }
}

/// Carries both ways until an end closes or so many bytes have passed.
fn carry((near, far): &(TcpStream, TcpStream), cut: Cut, longest: &Mutex<(usize, usize)>) {
    let bound = |of: fn(Cut) -> Option<usize>| of(cut).unwrap_or(usize::MAX);
    let to = bound(|cut| if let Cut::Sent(bytes) = cut { Some(bytes) } else { None });
    let from = bound(|cut| if let Cut::Told(bytes) = cut { Some(bytes) } else { None });
    let (sent, told) = std::thread::scope(|scope| {
        let sent = scope.spawn(|| carry_one(near, far, to));
        let told = carry_one(far, near, from);
        (sent.join().unwrap(), told)
    });
    let mut longest = longest.lock().unwrap();
    *longest = (longest.0.max(sent), longest.1.max(told));
}

/// Carries so many bytes at most, then breaks the connection: every other time by a reset.
fn carry_one(mut from: &TcpStream, mut to: &TcpStream, bytes_max: usize) -> usize {
    let (mut carried, mut buffer) = (0, [0; 4_096]);
    while carried < bytes_max {
        let room = buffer.len().min(bytes_max - carried);
        let Ok(read @ 1..) = from.read(&mut buffer[..room]) else { break };
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
        carried += read;
    }
    let is_reset = carried == bytes_max && carried % 2 == 0;
    for end in [from, to] {
        if is_reset {
            let _ = set_socket_linger(end, Some(Duration::ZERO));
        }
        // Closing resets what was not shut down: here the other direction only stops to wait.
        let _ = end.shutdown(if is_reset { Shutdown::Read } else { Shutdown::Both });
    }
    carried
}

/// A machine whose parts go to this address, without a relay.
fn machine(collector: &Collector, address: SocketAddr) -> Machine {
    let machine = Machine::new(collector, &[]);
    let direct = format!("http://{address}");
    let manifest = collector.manifest().replace("https://stats.larkspur.example", &direct);
    std::fs::write(machine.folder.path().join("manifest.toml"), manifest).unwrap();
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    machine
}

fn counted(collector: &Collector, name: &str) -> u64 {
    let metrics = String::from_utf8(wire::get(collector.address, "/metrics").body).unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("candor_{name}_total ")));
    line.unwrap().parse().unwrap()
}

#[test]
fn wherever_a_connection_breaks_each_part_arrives_once_and_its_receipt_too() {
    let step = std::env::var("CANDOR_CUT_STEP").ok().and_then(|step| step.parse().ok());
    let step: usize = step.unwrap_or(STEP);
    let collector = Collector::start();
    let wire = Wire::to(collector.address);
    let whole = machine(&collector, wire.address);
    whole.prints(&["send", "usage"]);
    let (sent, told) = *wire.longest.lock().unwrap();
    let cuts: Vec<_> = (0..sent)
        .step_by(step)
        .map(Cut::Sent)
        .chain((0..told).step_by(step).map(Cut::Told))
        .collect();
    for cut in &cuts {
        let machine = machine(&collector, wire.address);
        let preview = machine.prints(&["preview", "usage"]);
        wire.set(*cut);
        let said = machine.fails(&["send", "usage"]);
        assert!(!said.contains("panicked"), "{cut:?}: {said}");
        wire.set(Cut::Never);
        machine.prints(&["send", "usage"]);
        let proof = machine.json(&["ledger", "verify"]);
        assert_eq!((&proof["receipted"], &proof["whole"]), (&2.into(), &true.into()), "{cut:?}");
        for line in machine.ledger("sending") {
            let bytes = line["bytes"].as_str().unwrap();
            assert!(preview.contains(bytes), "{cut:?}: {bytes} was not in the preview");
        }
    }
    let parts = 2 * (cuts.len() as u64 + 1);
    assert_eq!(counted(&collector, "parts_accepted"), parts);
    let again = counted(&collector, "parts_duplicate");
    assert!(again > 0, "no answer was ever lost");
    println!("{} places at which a connection broke, {again} answers lost, 0 parts", cuts.len());
}
