//! A real Chromium, driven through the `WebDriver` protocol of its own driver. Where there is none,
//! the tests that need it say so and pass.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";

/// A browser with one window; closed when dropped.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
    profile: TempDir,
}

impl Browser {
    /// A new browser with a profile of its own, or `None` where none is installed.
    pub(crate) fn open(width: u32, height: u32) -> Option<Self> {
        if !(Path::new(CHROMIUM).exists() && Path::new(DRIVER).exists()) {
            println!("skipped: there is no {CHROMIUM} with its driver on this machine");
            return None;
        }
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.split_once("successfully on port ").map(|(_, port)| port.to_owned())
        });
        let port = port.unwrap().trim_end_matches('.').to_owned();
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let profile = TempDir::new().unwrap();
        let mut browser = Self {
            driver,
            agent: config.new_agent(),
            session: format!("http://127.0.0.1:{port}/session"),
            profile,
        };
        let options = json!({"binary": CHROMIUM, "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars",
            format!("--user-data-dir={}", browser.profile.path().display()),
        ]});
        let wanted =
            json!({"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}});
        let session = browser.post("", &json!({"capabilities": wanted}));
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("{session}"));
        browser.session = format!("{}/{id}", browser.session);
        browser.tell(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
            }),
        );
        Some(browser)
    }

    pub(crate) fn go(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
    }

    /// The result of a script.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Asks until a script says yes: while a page gives way to the next there is none to ask.
    pub(crate) fn until(&self, script: &str) {
        for _ in 0..5_000 {
            if self.run(script) == true {
                return;
            }
        }
        panic!("it never came true: {script}");
    }

    /// What a script hands to its callback, the last argument.
    pub(crate) fn wait_for(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// Clicks as a person would: at the element's middle, after scrolling to it.
    pub(crate) fn click(&self, selector: &str) {
        let found = self.post("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        let id = id.unwrap_or_else(|| panic!("{selector}: {found}"));
        let clicked = self.post(&format!("/element/{id}/click"), &json!({}));
        assert!(clicked.is_null(), "{selector}: {clicked}");
    }

    /// Presses one key.
    pub(crate) fn press(&self, key: &str) {
        let actions = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [keyboard]}));
    }

    /// A command of the browser's own protocol.
    pub(crate) fn tell(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Light or dark.
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.tell("Emulation.setEmulatedMedia", &json!({"features": [feature]}));
    }

    /// Keeps a picture of the whole page, if `CANDOR_PICTURES` names a folder.
    pub(crate) fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("CANDOR_PICTURES") else { return };
        let size = self.run(
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]",
        );
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let options = json!({"captureBeyondViewport": true, "clip": clip});
        let shot = self.tell("Page.captureScreenshot", &options);
        let path = Path::new(&folder).join(format!("{name}.png.base64"));
        let mut file = std::fs::File::create(path).unwrap();
        std::io::Write::write_all(&mut file, shot["data"].as_str().unwrap().as_bytes()).unwrap();
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let sent = self.agent.post(&url).header("content-type", "application/json");
        let mut answer = sent.send(body.to_string().as_bytes()).unwrap();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        value["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
