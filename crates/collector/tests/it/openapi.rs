//! The description of the interface says what the interface does, and nothing else.

use std::collections::BTreeSet;
use std::process::Command;

use collector::problem::Reason;
use collector::route::{NoRoute, Route, route};
use serde_json::{Value, json};

use crate::client::Answer;
use crate::fixture::{Server, Vendor, key};

const JSON: &str = "content-type: application/json";
const PATH: &str = "/v1/larkspur/usage";

fn document() -> Value {
    serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap()
}

/// What a `$ref` stands for.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Every operation: path, method, itself.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = ["get", "head", "post", "delete", "put", "patch", "options"];
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.filter(|(method, _)| methods.contains(&method.as_str()))
            .map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

/// An answer is one that the document knows for this operation: status, type, schema.
fn check(document: &Value, (path, method): (&str, &str), answer: &Answer) {
    let operation = &document["paths"][path][method];
    assert!(operation.is_object(), "{method} {path}");
    let status = answer.status.to_string();
    let known = resolve(document, &operation["responses"][&status]);
    assert!(known.is_object(), "{method} {path}: {status} is not described: {}", answer.text());
    let Some(content) = known["content"].as_object() else {
        assert!(answer.body.is_empty(), "{method} {path}: {status} has a body");
        return;
    };
    let kind = answer.header("content-type").unwrap();
    let essence = kind.split(';').next().unwrap();
    let described =
        content.get(essence).or_else(|| content.get(kind)).or_else(|| content.get("*/*"));
    let described = described.unwrap_or_else(|| panic!("{method} {path}: {status} has {kind}"));
    if essence.ends_with("json") && described["schema"].is_object() {
        let wrong = violations(document, &described["schema"], &answer.json());
        assert_eq!(wrong, Vec::<String>::new(), "{method} {path}: {status} {}", answer.text());
    }
}

/// What of a value breaks a schema, by the words of JSON Schema that the document uses.
fn violations(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let schema = resolve(document, schema);
    let mut wrong = Vec::new();
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &&str| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("{other}"),
    };
    if !kinds.is_empty() && !kinds.iter().any(is) {
        wrong.push(format!("{value} is no {kinds:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        wrong.push(format!("{value} is none of {allowed:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        wrong.push(format!("{number} is below {least}"));
    }
    if let Some(map) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !map.contains_key(name.as_str().unwrap()) {
                wrong.push(format!("{name} is missing"));
            }
        }
        for (name, value) in map {
            match &schema["properties"][name] {
                Value::Null if schema["additionalProperties"] == json!(false) => {
                    wrong.push(format!("{name} is not described"));
                }
                Value::Null => {}
                member => wrong.extend(violations(document, member, value)),
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        if schema["items"].is_object() {
            wrong.extend(violations(document, &schema["items"], item));
        }
    }
    wrong
}

/// A path of the document with real names in it.
fn filled(path: &str) -> String {
    path.replace("{program}", "larkspur").replace("{channel}", "usage").replace("{file}", "x.json")
}

#[test]
fn every_path_and_method_of_the_description_is_served_and_no_other() {
    let document = document();
    let mut served = BTreeSet::new();
    for (path, method, _) in operations(&document) {
        let found = route(&method.to_uppercase(), &filled(path));
        let found = found.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"));
        // The variant's name without what it holds.
        let name = format!("{found:?}");
        served.insert(name.split('(').next().unwrap().to_owned());
    }
    // The compiler says when a kind of request is new, and then this list and the document grow.
    let all = |known: &Route| match known {
        Route::Part(..) => "Part",
        Route::Held(..) => "Held",
        Route::Delete(..) => "Delete",
        Route::Manifest(_) => "Manifest",
        Route::Capsule => "Capsule",
        Route::CapsuleKeys => "CapsuleKeys",
        Route::SignedCapsuleKeys => "SignedCapsuleKeys",
        Route::Health => "Health",
        Route::Metrics => "Metrics",
        Route::Page(_) => "Page",
    };
    let known = [
        "Capsule",
        "CapsuleKeys",
        "Delete",
        "Health",
        "Held",
        "Manifest",
        "Metrics",
        "Page",
        "Part",
        "SignedCapsuleKeys",
    ];
    assert!(known.contains(&all(&Route::Health)));
    assert_eq!(served.iter().map(String::as_str).collect::<Vec<_>>(), known);
    // Methods that the document does not have are refused with those that it has.
    for path in document["paths"].as_object().unwrap().keys() {
        for method in ["get", "head", "post", "delete", "put", "patch", "options"] {
            // A channel may be called `manifest`: then this is the path of its parts.
            let is_channel = (path.as_str(), method) == ("/v1/{program}/manifest", "post");
            let described = document["paths"][path][method].is_object() || is_channel;
            let real = filled(path);
            match route(&method.to_uppercase(), &real) {
                Ok(_) => assert!(described, "{method} {path} is served and not described"),
                Err(NoRoute::Method(_) | NoRoute::Path) => assert!(!described, "{method} {path}"),
            }
        }
    }
}

#[test]
fn every_problem_is_described_with_its_status_and_nothing_else() {
    let document = document();
    let types = &document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"];
    let described: BTreeSet<&str> =
        types.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let real: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(described, real.iter().map(String::as_str).collect());
    // Each status of a problem occurs at some operation, and each status there is one of ours.
    let statuses = operations(&document).into_iter().flat_map(|(_, _, operation)| {
        operation["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    });
    let refusals = statuses.filter(|status| status.as_str() >= "400");
    // A method that is not here belongs to no operation: it is described once.
    let other = document["components"]["responses"]["MethodNotAllowed"].is_object();
    let described: BTreeSet<String> = refusals.chain(other.then(|| "405".to_owned())).collect();
    let real: BTreeSet<String> =
        Reason::ALL.iter().map(|reason| reason.status().to_string()).collect();
    assert_eq!(described, real);
}

#[test]
fn every_example_fits_its_schema_and_every_reference_leads_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    walk(&document, &document);
    // The version of the document is that of the program.
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

fn walk(document: &Value, value: &Value) {
    if let Some(reference) = value["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#'));
        assert!(found.is_some(), "{reference} leads nowhere");
    }
    if value["schema"].is_object() && !value["example"].is_null() {
        let wrong = violations(document, &value["schema"], &value["example"]);
        assert_eq!(wrong, Vec::<String>::new(), "{}", value["example"]);
    }
    match value {
        Value::Object(map) => map.values().for_each(|value| walk(document, value)),
        Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
        _ => {}
    }
}

#[test]
fn what_the_server_answers_is_what_the_description_says() {
    let document = document();
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let other = vendor.part(&key(1), "2026-11-20", "fedora");
    let proof = format!("candor-key: {}", key(1).to_hex());
    let about = |method, path| (path, method);
    let say = |about, answer: Answer, status: u16| {
        assert_eq!(answer.status, status, "{about:?} {}", answer.text());
        check(&document, about, &answer);
    };
    let post = about("post", "/v1/{program}/{channel}");
    say(post, server.post(&part), 201);
    say(post, server.post(&part), 200);
    say(post, server.post(&other), 409);
    say(post, server.post(b"{}"), 422);
    say(post, server.post(&vec![b' '; 17_000]), 413);
    say(post, server.post(&vendor.part(&key(2), "2026-10-01", "debian")), 410);
    say(post, server.send("POST", PATH, &[], &part), 415);
    say(post, server.send("POST", PATH, &[JSON, "content-encoding: gzip"], &part), 400);
    say(post, server.send("POST", "/v1/larkspur/other", &[JSON], &part), 404);
    let held = "/v1/{program}/{channel}/held";
    let held_path = format!("{PATH}/held");
    say(about("get", held), server.send("GET", &held_path, &[&proof], b""), 200);
    say(about("get", held), server.send("GET", &held_path, &[], b""), 401);
    say(about("get", held), server.send("GET", &held_path, &["candor-key: x"], b""), 400);
    say(about("get", held), server.get("/v1/larkspur/open/held"), 422);
    let deleted = server.send("DELETE", &held_path, &[&proof], b"");
    check(&document, about("delete", held), &deleted);
    say(about("get", "/v1/{program}/manifest"), server.get("/v1/larkspur/manifest"), 200);
    say(about("get", "/v1/{program}/manifest"), server.get("/v1/other/manifest"), 404);
    say(about("get", "/health"), server.get("/health"), 200);
    say(about("get", "/metrics"), server.get("/metrics"), 200);
    say(about("get", "/ohttp-keys"), server.get("/ohttp-keys"), 404);
    say(about("get", "/ohttp-keys/signed"), server.get("/ohttp-keys/signed"), 404);
    say(about("post", "/ohttp"), server.send("POST", "/ohttp", &[JSON], b"{}"), 404);
    say(about("get", "/{program}/{file}"), server.get("/larkspur/nothing"), 404);
    check_site(&document, &server);
}

fn check_site(document: &Value, server: &Server) {
    let home = server.get("/");
    assert_eq!(home.status, 200);
    check(document, ("/", "get"), &home);
    let folder = server.get("/larkspur");
    check(document, ("/{program}", "get"), &folder);
}

/// A fuzzer that knows the description and nothing else. It is fetched by whoever wants it:
/// `pip install schemathesis`. `CANDOR_EXAMPLES=1000` has it try more.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long a run is said by whoever starts it")]
fn a_generic_fuzzer_finds_no_answer_that_the_description_does_not_have() {
    if Command::new("schemathesis").arg("--version").output().is_err() {
        println!("skipped: there is no schemathesis on this machine");
        return;
    }
    let vendor = Vendor::new();
    let server = vendor.serve();
    let folder = tempfile::tempdir().unwrap();
    let names = "[parameters]\nprogram = \"larkspur\"\nchannel = \"usage\"\n";
    std::fs::write(folder.path().join("names.toml"), names).unwrap();
    let examples = std::env::var("CANDOR_EXAMPLES").unwrap_or_else(|_| "20".to_owned());
    let mut fuzzer = Command::new("schemathesis");
    fuzzer.current_dir(folder.path()).args(["--config-file", "names.toml", "run"]);
    fuzzer.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"));
    fuzzer.args(["--url", &format!("http://{}", server.address), "--seed", "1"]);
    fuzzer.args(["--max-examples", &examples, "--no-color"]);
    // Sealed requests are no text. And what no loaded manifest defines is refused, whatever its
    // form: that the description allows a part does not mean that this collector knows it.
    fuzzer.args(["--exclude-path", "/ohttp", "--exclude-checks", "positive_data_acceptance"]);
    let output = fuzzer.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" passed"));
    assert_eq!(server.get("/health").status, 200);
}
