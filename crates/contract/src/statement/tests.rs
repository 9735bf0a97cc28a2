//! The statement says what is true, and nothing in it becomes markup.

use super::*;

const DEMO: &str = include_str!("../../../../manifests/candor-demo.toml");

fn demo() -> Manifest {
    Manifest::parse(DEMO).unwrap()
}

/// The demo's manifest with some of its text replaced.
fn with(replaced: &[(&str, &str)]) -> Manifest {
    let mut text = DEMO.to_owned();
    for (from, to) in replaced {
        assert!(text.contains(from), "the demo no longer has {from}");
        text = text.replace(from, to);
    }
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

const RELAY: (&str, &str) = (
    "[controller]",
    "[[program.relay]]\nurl = \"https://relay.example.net\"\noperator = \"Example University\"\n\
     country = \"Norway\"\n\n[controller]",
);

#[test]
fn both_forms_say_everything_that_the_manifest_does() {
    let manifest = demo();
    let (html, markdown) = (html(&manifest), markdown(&manifest));
    let never = manifest.never_collected.iter().map(ToString::to_string);
    let purposes = manifest.purposes.values().map(ToString::to_string);
    let fields = manifest.channels.iter().flat_map(crate::manifest::Channel::fields);
    let questions = fields.flat_map(|field| [field.question.to_string(), possible_answers(field)]);
    let hosts = ["127.0.0.1:8787".to_owned(), manifest.hash().to_string()];
    for sentence in never.chain(purposes).chain(questions).chain(hosts) {
        assert!(html.contains(&sentence), "{sentence}");
        assert!(markdown.contains(&sentence), "{sentence}");
    }
}

#[test]
fn the_same_manifest_makes_the_same_bytes() {
    assert_eq!(html(&demo()), html(&demo()));
    assert_eq!(markdown(&demo()), markdown(&demo()));
    assert!(html(&demo()).contains(&html_fragment(&demo())));
}

#[test]
fn what_a_vendor_writes_is_never_markup() {
    let hostile =
        "<script>alert(1)</script> & \\\"x\\\" ' onclick=1 [a](javascript:b) `c` | **d** ~~e~~";
    let manifest = with(&[
        ("title = \"Candor demo\"", &format!("title = \"{hostile}\"")),
        ("Which operating system is it?", hostile),
        ("To recognise processors that the tests have never met.", hostile),
        ("Passwords, keys and tokens", hostile),
        ("postmaster@example.org", hostile),
        ("debian = \"Debian\"", &format!("debian = \"{hostile}\"")),
        (
            "\"--version\"], pattern = '(?m)",
            &format!("\"--version\", \"{hostile}\"], pattern = '(?m)"),
        ),
    ]);
    let html = html(&manifest);
    for markup in ["<script", "\"x\"", "& \"", "<a href=\"java"] {
        assert!(!html.contains(markup), "{markup}");
    }
    let markdown = markdown(&manifest);
    for markup in [" <script>", "[a](", " **d**", " ~~e~~"] {
        let outside_code = markdown.lines().filter(|line| !line.contains("ldd"));
        assert!(!outside_code.clone().any(|line| line.contains(markup)), "{markup}");
    }
    // A bar that is not escaped would be a cell of its own.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(next) =
            lines.peek().filter(|next| line.starts_with('|') && next.starts_with('|'))
        {
            assert_eq!(cells(line), cells(next), "{line}");
        }
    }
}

#[test]
fn a_line_of_markdown_cannot_begin_as_something_else() {
    for (sentence, expected) in [
        ("# big", "\\# big"),
        ("1. first", "1\\. first"),
        ("- item", "\\- item"),
        ("12 % of all", "12 % of all"),
        ("a_b and _c_", "a_b and \\_c\\_"),
    ] {
        let written = markdown::write(&[tree::Block::Paragraph(sentence.into())]);
        assert_eq!(written, format!("{expected}\n"));
    }
    let code = tree::Line::default().code("a`b``c|d");
    assert_eq!(markdown::write(&[tree::Block::Paragraph(code)]), "```a`b``c\\|d```\n");
}

#[test]
fn a_notice_is_called_opt_out_and_not_consent() {
    let manifest = with(&[(
        "identity = \"period\"\ndefault = \"ask\"\ngroup_min = 20",
        "identity = \"period\"\ndefault = \"notice\"\ngroup_min = 20",
    )]);
    for text in [html(&manifest), markdown(&manifest)] {
        assert!(text.contains("Candor demo sends “Usage” unless you say no."));
        assert!(text.contains("is opt-out"));
        assert!(text.contains("A notice is not consent"));
        assert!(!text.contains("sends nothing until you say yes"));
    }
}

#[test]
fn with_a_relay_the_statement_names_who_runs_it_and_where() {
    let text = markdown(&with(&[RELAY]));
    assert!(
        text.contains("| Example University, Norway (the relay) | yes | no: they are sealed |")
    );
    assert!(text.contains("(the collector) | no | yes, part by part |"));
    assert!(text.contains("| `relay.example.net:443` | HTTPS, outgoing |"));
    assert!(text.contains("If relay and collector worked together"));

    assert!(text.contains(
        "Example University, Norway, who runs the relay, sees this machine's address and no answer"
    ));
    assert!(text.contains("| no connection from here |"));
    assert!(!text.contains("quantum"));

    let seal = ("data_licence = ", "sealing = \"x-wing\"\ndata_licence = ");
    assert!(markdown(&with(&[RELAY, seal])).contains("The seal (X-Wing) is made so that a later"));

    let same = ("name = \"The person who runs this demo\"", "name = \"Example University\"");
    let text = markdown(&with(&[RELAY, same]));
    assert!(text.contains("it could match address and content"), "one party runs both");
    assert!(!text.contains("sees this machine's address and no answer"));
}

#[test]
fn without_a_relay_the_statement_says_that_the_address_is_seen() {
    let text = markdown(&demo());
    assert!(text.contains("could match your address with your answers"));
    assert!(text.contains("can see this machine's address beside each part"));
    assert!(!text.contains("the relay)"));
}

#[test]
fn only_untagged_data_is_called_anonymous() {
    assert!(!markdown(&demo()).contains("anonymous"));
    assert!(markdown(&demo()).contains("pseudonymous"));
    let untagged = with(&[("identity = \"period\"", "identity = \"none\"")]);
    let text = markdown(&untagged);
    assert!(text.contains("the data is anonymous once it is received"));
    assert!(text.contains("can be taken back: its parts carry no tag"));
}

#[test]
fn longer_lasting_tags_say_what_they_join() {
    let text = markdown(&with(&[("identity = \"period\"", "identity = \"28d\"")]));
    assert!(text.contains("12 % of machines"));
    let text = markdown(&with(&[("identity = \"period\"", "identity = \"stable\"")]));
    assert!(text.contains("42 % of machines"));
}

#[test]
fn exact_publication_says_what_comparing_releases_reveals() {
    let noisy = "publication = { epsilon_release = 4.0, epsilon_year = 212.0 }";
    let text = markdown(&with(&[(noisy, "publication = \"exact\"")]));
    assert!(text.contains("can reveal what changed between them"));
}
