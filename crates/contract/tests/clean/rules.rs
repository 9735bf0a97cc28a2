//! What the rules take without any knowledge, and what they leave alone.

use contract::clean::{Class, Cleaner, Known};

fn cleaned(text: &str) -> String {
    let none = Known::default();
    Cleaner::new(&none).clean(text).text.unwrap_or_else(|| "(dropped)".to_owned())
}

/// Checks texts and what is left of them.
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, wanted)| (text, wanted, cleaned(text)))
        .filter(|(_, wanted, got)| got != *wanted)
        .map(|(text, wanted, got)| format!("{text:?}\n  wanted {wanted:?}\n  got    {got:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks texts that must stay as they are.
fn check_same(texts: &[&str]) {
    check(&texts.iter().map(|text| (*text, *text)).collect::<Vec<_>>());
}

#[test]
fn a_firmware_version_is_no_address() {
    check_same(&[
        "Examplenet Switch 9.4.12.1",
        "Gateway 7.8.2.13 build 4",
        "Firmware 10.40.2.7, Hardware 1.0.0.2",
        "ESS 112.002.007.09608",
        "EXOS version 22.6.1.4 22.6.1.4 by release-manager",
        "US-24 5.43.18.12487",
        "v192.0.2.1",
        "10.0.0.1-rc2",
        "1.2.3.4.5",
        "firmware: 110.20.30.40",
        "Agent 2.10.4.7_3",
        "OS:10.1.2.3",
    ]);
}

#[test]
fn an_address_shows_itself_by_its_network_or_its_context() {
    check(&[
        ("UPS at 192.168.7.20", "UPS at <address>"),
        ("Router (169.254.1.2)", "Router (<address>)"),
        ("IP 10.3.4.5 Switch", "IP <address> Switch"),
        ("ip address: 10.3.4.5", "ip address: <address>"),
        ("inet addr:10.3.4.5", "inet addr:<address>"),
        ("pool 10.20.30.0/24", "pool <address>"),
        ("listens on 10.20.30.40:8443", "listens on <address>"),
        ("range 192.168.1.10-192.168.1.99", "range <address>-<address>"),
        ("gateway=10.0.0.1", "gateway=<address>"),
        ("nas 203.0.113.9", "nas <address>"),
        ("172.20.1.1", "<address>"),
        ("fe80::21b:2cff:fe3d:4e5f%eth0", "<address>%eth0"),
        ("[2001:db8::17]:443", "[<address>]:443"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "<address>"),
    ]);
}

#[test]
fn hardware_addresses_go_in_all_notations_and_times_stay() {
    check(&[
        ("AP 00:1b:2c:3d:4e:5f", "AP <address>"),
        ("AP 00-1B-2C-3D-4E-5F", "AP <address>"),
        ("AP 001b.2c3d.4e5f", "AP <address>"),
        ("AP 001b-2c3d-4e5f", "AP <address>"),
        ("MAC:00:1b:2c:3d:4e:5f", "MAC:<address>"),
        ("MAC 001b2c3d4e5f", "MAC <address>"),
        ("0:1b:2c:3d:4e:5f", "<address>"),
        ("Switch e8:80:6a", "Switch <address>"),
        ("00 1b 2c 3d 4e 5f", "<address>"),
        ("eab-00:1b:2c:3d:4e:5f", "eab-<address>"),
    ]);
    check_same(&[
        "built 12:34:56",
        "2024-01-02 23:59:59+02:00",
        "24-01-31-23-59-59",
        "std::fmt a::b",
        "V 2012.0116.0002",
        "6C 6D 65 73 73 67 65 72 E4 74",
    ]);
}

#[test]
fn accounts_links_and_mail_go() {
    check(&[
        ("Built by jane@build-7.corp.example.com today", "Built by <email> today"),
        ("(root@buildhost) #1 SMP", "(<user>) #1 SMP"),
        ("mail jo.doe+x@example.org.", "mail <email>."),
        ("see https://intranet.example.org/wiki?id=3, please", "see <url>, please"),
        ("http://www.cisco.com.example.org/", "<url>"),
        ("https://user:word@www.cisco.com/", "<url>"),
        ("smb://nas/share", "<url>"),
        ("/home/jane/build", "/home/<user>/build"),
        ("C:\\Users\\jane\\app", "C:\\Users\\<user>\\app"),
    ]);
    check_same(&[
        "Technical Support: http://www.cisco.com/techsupport",
        "CPU @ 3.10GHz",
        "SMP @1435203969 x86_64",
        "Vend@m Monitoring",
        "pkg@1.2.3",
        "Built by builder in /home/builder/9.0B1/R3",
    ]);
}

#[test]
fn serial_numbers_go_behind_their_labels() {
    check(&[
        ("SN:AB12345,FN:1", "SN:<serial>,FN:1"),
        ("S/N: 819/0114", "S/N: <serial>"),
        ("(SN 1123003180)", "(SN <serial>)"),
        ("s/n 00827398 - x", "s/n <serial> - x"),
        ("S.N. 4711x99", "S.N. <serial>"),
        ("Serial No.:QW045010", "Serial No.:<serial>"),
        ("Serial #: 0082-F99A", "Serial #: <serial>"),
        ("Serial-No: 17A", "Serial-No: <serial>"),
        ("Ser# A77123", "Ser# <serial>"),
        ("serial number 00019711 Copyright", "serial number <serial> Copyright"),
        ("Device serial number A12.\n All", "Device serial number <serial>.\n All"),
        ("Unit S/N=000076. App", "Unit S/N=<serial>. App"),
        ("Serial num:A0000001, ID", "Serial num:<serial>, ID"),
        ("Service Tag: 7XK2Q9", "Service Tag: <serial>"),
        ("Asset Tag 0012345", "Asset Tag <serial>"),
        ("Chassis ID: 77-12345", "Chassis ID: <serial>"),
        ("IMEI 356938035643809", "IMEI <serial>"),
        ("Serial: QWERTZU", "Serial: <serial>"),
    ]);
}

#[test]
fn what_only_begins_like_a_serial_label_stays() {
    check_same(&[
        "SNMP Agent 1.2",
        "SNMPv3 card 4711000",
        "SNR-S2990X-24FQ Device",
        "SN:PDU Metered PN:Device",
        "NS-BSD SERIAL i386",
        "GW5-Serial version 6.3.0",
        "Serial Port Server 16",
        "Serial 8250 driver",
        "SN: <private>",
        "S/N: 25 dB",
        "SN: 000000000000",
        "SNA VoIP T+ 34",
        "Device Manager Version 6.0(2)N1(1)",
        "processor id: 000000000000",
    ]);
}

#[test]
fn numbers_of_units_go_by_their_shape() {
    check(&[
        (
            "LANBRAND L-3 8.60.0189 / 02.04.2012 111299800199",
            "LANBRAND L-3 8.60.0189 / 02.04.2012 <serial>",
        ),
        ("Cisco IE-9 FVQ2849L0CA 261", "Cisco IE-9 <serial> 261"),
        ("SCALEX X2, QWPM7138185", "SCALEX X2, <serial>"),
        ("METER 1290 #027676", "METER 1290 #<serial>"),
        ("XY4-2450R-12345 Mesh", "XY4-2450R-<serial> Mesh"),
        ("Gateway Thing-86E4-0000-0000-16DD", "Gateway Thing-<serial>"),
        ("FGX60D4614037969", "<serial>"),
        ("Phone (000E08ABCDEF)", "Phone (<serial>)"),
    ]);
    check_same(&[
        "Controller 200709110910, Engine 05.09.00",
        "Boot 201206111739",
        "S6700 V600R024C00SPC100",
        "NBRX0200 HR:05",
        "build 1234567890",
        "P/N 300400500, PN: 300400500",
        "Build-15843807",
        "#24797 SMP",
        "#145-Ubuntu",
        "speed 1000000000",
        "memory 4294967296 bytes",
        "SGSW-24240 Managed Switch",
        "PTP 58500-05-04",
        "v3.2.78-1-12777-g012a77d",
        "BLD_V261_THROTTLE_LATEST_20260120_043354",
        "20200728T123456Z",
    ]);
}

#[test]
fn the_name_behind_a_system_goes_and_the_system_stays() {
    check(&[
        ("Linux web7 5.10.0-21-amd64 #1 SMP", "Linux <host> 5.10.0-21-amd64 #1 SMP"),
        ("Linux 10.40.2.7 2.6.33-ts #4", "Linux <host> 2.6.33-ts #4"),
        ("Linux Phone - Lobby 2.6.26.5 #1", "Linux <host> 2.6.26.5 #1"),
        (
            "FreeBSD a.example.org 13.2-RELEASE FreeBSD 13.2-RELEASE",
            "FreeBSD <host> 13.2-RELEASE FreeBSD 13.2-RELEASE",
        ),
        ("SunOS sol 5.11 11.3 i86pc", "SunOS <host> 5.11 11.3 i86pc"),
        ("Darwin Janes-Mac.local 19.6.0 Darwin Kernel", "Darwin <host> 19.6.0 Darwin Kernel"),
        ("AIX dbhost 2 7 00F6ABCD4C00", "AIX <host> 2 7 <serial>"),
        (
            "HP-UX hpdb B.11.31 U ia64 1234567891 unlimited",
            "HP-UX <host> B.11.31 U ia64 <serial> unlimited",
        ),
        ("Linux switch 5.10.0 #1 SMP", "Linux <host> 5.10.0 #1 SMP"),
        ("Linux box #1 2.6.18 SMP", "Linux <host> #1 2.6.18 SMP"),
        ("Isilon OneFS filer v7.1.1.8", "Isilon OneFS <host> v7.1.1.8"),
    ]);
    check_same(&[
        "Linux 2.6.32.68 #1 Fri",
        "Linux Debian 12.4",
        "Linux embedded in a box 2.1",
        "Linux localhost 4.14.38 #2 SMP",
        "Linux (none) 3.14.31 #1",
        "Linux version 3.10.0-327",
        "Linux, Cisco Small Business WAP121, Version 1.0.2.3",
        "Linux release:2.6.18 machine:i686",
        "Darwin Kernel Version 15",
        "Cumulus Linux 3.5.3",
        "DragonFly 4.6-RELEASE",
    ]);
}

#[test]
fn host_names_go_by_domain_number_and_use() {
    check(&[
        ("core1.example.org", "<host>"),
        ("\"box.corp.lan\"", "\"<host>\""),
        ("image registry.corp.example.com/team/app", "image <host>/team/app"),
        ("XY-ROOF-AP02", "<host>"),
        ("labdns01", "<host>"),
        ("Router 9 tst01-core-1", "Router 9 <host>"),
        ("Storage nw-group-01 running 2.3", "Storage <host> running 2.3"),
        ("Junibrand SRX2 gsm-fw", "Junibrand SRX2 <host>"),
        ("bigtown-olt", "<host>"),
        ("thing web.shop.ninja up", "thing <host> up"),
        ("Switch dc1-fw2", "Switch <host>"),
        ("XYZ-SW12", "<host>"),
        ("Hostname: corebox, up", "Hostname: <place>, up"),
        ("location=Under the stairs", "location=<place>"),
    ]);
    check_same(&[
        "AN5516-01",
        "DS-6520B",
        "IKS-6728A-8POE-4GTXSFP-T",
        "RS910-HI-D-S1-FX06-TX",
        "FS Campus Switch By FS.COM Inc",
        "net-pdu",
        "HW01",
        "apc_hw05_aos_641.bin",
        "H/w ZBHIEIBB-01 v1.02.09",
        "MBM-XEM-002 Firmware",
        "Build 51.26.nc",
        "be.IP plus",
        "Node.js 20.1",
        "libfoo.so",
        "image.tar.gz",
        "com.example.agent",
        "kernel.img.old.bin",
        "https://www.juniper.net/support",
    ]);
}

#[test]
fn places_go_and_code_names_stay() {
    check(&[
        ("Hamburg dev FW", "<place> FW"),
        ("Serverraum 2 USV-Raum", "<place>"),
        ("PID:Accounting Color Laser", "PID:<place> Color Laser"),
        ("Switch, Lobby", "Switch, <place>"),
        ("Jane's AP", "<place> AP"),
    ]);
    check_same(&[
        "IOS Software [Dublin], Version 17.12.4",
        "HiveOS 6.5r4 Honolulu build-128121",
        "RoomAlert 12S",
        "APC Switched Rack PDU",
        "Tape Library 7420",
        "Data Center Switch (N8560)",
    ]);
}

#[test]
fn secrets_go_in_every_usual_form() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIx\n-----END RSA PRIVATE KEY-----";
    check(&[
        ("install --token abcdef --quiet", "install --token <secret> --quiet"),
        ("password=hunter2&x=1", "password=<secret>&x=1"),
        ("community: public7", "community: <secret>"),
        ("psk \"pw\" secret='a b c' x", "psk \"pw\" secret='<secret>' x"),
        ("Authorization: Bearer q1w2e3", "Authorization: <secret> <secret>"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "<secret>"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("id 0123456789abcdef0123456789abcdef", "id <secret>"),
        ("x 7f1c4e52-1f0d-4a3e-9c7b-2d1e0f9a8b7c y", "x <uuid> y"),
        (key, "<secret>"),
    ]);
    check_same(&[
        "Token Ring adapter",
        "Community Edition 5.4",
        "X86_64_LINUX_IOSD-UNIVERSALK9_NPE-M",
    ]);
}

#[test]
fn what_was_removed_is_named_by_class_only() {
    let none = Known::default();
    let got = Cleaner::new(&none).clean("UPS 192.168.1.2 SN: QW1234567 jo@example.org");
    assert_eq!(got.removed, [Class::Address, Class::Email, Class::Serial]);
    let shown = format!("{got:?}");
    assert!(!shown.contains("192") && !shown.contains("UPS"), "{shown}");
}

#[test]
fn a_sample_ends_at_its_bound_and_shows_every_character() {
    let none = Known::default();
    let sample = |text: &str, bytes_max| Cleaner::new(&none).sample(text, bytes_max).text;
    assert_eq!(sample("Switch\r\nVersion\u{200b} 2", 64).as_deref(), Some("Switch  Version 2"));
    assert_eq!(sample("Switch Version 2", 9).as_deref(), Some("Switch"));
    assert_eq!(sample("Switch SN: QW1234567", 15).as_deref(), Some("Switch SN:"));
    assert_eq!(sample("\u{200b} \n", 15), None);
}

#[test]
fn numbers_that_people_type_and_counters_behind_turns_of_letters_go() {
    check(&[
        ("Example MX64 Q2KN-ABCD-1234", "Example MX64 <serial>"),
        ("WF-C5790 X3BC001234", "WF-C5790 <serial>"),
        ("C258 A7R0021012345", "C258 <serial>"),
    ]);
    check_same(&["S5735-L24P4S-A1 V200R021C00SPC100", "2023-0619-2054", "JL256A-ABCD-EFGH-1234"]);
}

#[test]
fn streets_and_sites_go() {
    check(&[
        ("Acme UPS 12 Baker Street", "Acme UPS <place>"),
        ("site: Quietmeadow", "site: <place>"),
    ]);
}
