//! Hostile text, made harmless and visible.

use super::*;

#[test]
fn a_change_of_direction_is_shown_and_does_not_act() {
    assert_eq!(shown("a\u{202E}b\u{2066}"), "a⟨U+202E⟩b⟨U+2066⟩");
}

#[test]
fn controls_and_widthless_characters_are_shown() {
    assert_eq!(shown("a\0b\nc\u{200B}"), "a⟨U+0000⟩b⟨U+000A⟩c⟨U+200B⟩");
}

#[test]
fn other_scripts_stay_as_they_are() {
    assert_eq!(shown("שלום, 日本, ñ"), "שלום, 日本, ñ");
}

#[test]
fn an_endless_word_is_cut() {
    let long = "x".repeat(10_000);
    assert_eq!(shown(&long).chars().count(), TEXT_CHARS_MAX + 1);
    assert!(label(&long).ends_with('…'));
}
