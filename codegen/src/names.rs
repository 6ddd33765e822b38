//! Names of the emitted text: the user's own, changed only where C++ would not take them.
//!
//! All that is the user's stands in the namespace `app`, so that what a device's compiler declares by itself hides behind
//! it. `rk` and what begins with `rk_` is ours.

use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Words that C++ or the headers keep for themselves.
const RESERVED: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char8_t",
    "char16_t",
    "char32_t",
    "class",
    "compl",
    "concept",
    "const",
    "consteval",
    "constexpr",
    "constinit",
    "const_cast",
    "continue",
    "co_await",
    "co_return",
    "co_yield",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    "main",
    "asm_",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f16",
    "bf16",
    "f32",
    "f64",
    "rk",
    "ctx",
    "result",
    "tag",
    // Macros of compilers.
    "assert",
    "linux",
    "unix",
];

/// A user's identifier as C++ takes it; `0` of a tuple becomes `_0`.
pub(crate) fn cpp(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("_{name}");
    }
    // Non-ASCII letters and leading double underscores are legal in Rust; C++ compilers differ on the former.
    let mut plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_string() } else { format!("u{:x}", u32::from(c)) })
        .collect();
    while plain.starts_with("__") {
        plain.remove(0);
    }
    if plain.starts_with("rk_") || plain.starts_with("RK_") {
        plain.insert_str(0, "user_");
    }
    if RESERVED.contains(&plain.as_str()) { format!("{plain}_") } else { plain }
}

/// The same for a field or variable: one in capitals could be taken for a type.
pub(crate) fn member(name: &str) -> String {
    let plain = cpp(name);
    if plain.starts_with(|first: char| first.is_ascii_uppercase()) { format!("{plain}_") } else { plain }
}

/// Whether a function of the headers has this name: where an argument is of their types, C++ would look among them too.
pub(crate) fn is_of_the_headers(name: &str, in_grid: bool) -> bool {
    static CALLED: OnceLock<[BTreeSet<&'static str>; 2]> = OnceLock::new();
    let called = CALLED.get_or_init(|| {
        [false, true].map(|with_grids| {
            let headers = crate::templates::headers()
                .iter()
                .filter(|(name, _)| with_grids || !crate::templates::is_of_grids(name));
            let before_paren = headers.flat_map(|(_, text)| text.split('('));
            let word = |text: &'static str| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                text.rsplit(|c| !is_part(c)).next().filter(|word| !word.is_empty())
            };
            before_paren.filter_map(word).collect()
        })
    });
    called[usize::from(in_grid)].contains(name)
}

/// The names of one scope; the first to ask for a name gets it, the next one `name_2`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    used: BTreeSet<String>,
}

impl Names {
    /// A name like `want` that nothing else has.
    pub(crate) fn fresh(&mut self, want: &str) -> String {
        self.unused(cpp(want))
    }

    /// The same for a variable.
    pub(crate) fn variable(&mut self, want: &str) -> String {
        self.unused(member(want))
    }

    /// Frees a name that nothing has any more.
    pub(crate) fn give_back(&mut self, name: &str) {
        self.used.remove(name);
    }

    fn unused(&mut self, plain: String) -> String {
        let mut name = plain.clone();
        let mut count = 2;
        while !self.used.insert(name.clone()) {
            name = format!("{}_{count}", plain.trim_end_matches('_'));
            count += 1;
        }
        name
    }
}

/// What a full type or function name adds to the bare one: its generic arguments, without paths.
/// `a::Matrix<b::Cell, 3>` gives `Cell_3`.
pub(crate) fn generic_suffix(path: &str) -> Option<String> {
    let open = path.find('<')?;
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in path[open..].chars().chain(" ".chars()) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
        } else if c == ':' {
            word.clear();
        } else if c == '-' {
            word.push('m');
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    (!words.is_empty()).then(|| words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_of_cpp_gets_an_underscore() {
        assert_eq!(cpp("class"), "class_");
        assert_eq!(cpp("r#type"), "type");
        assert_eq!(cpp("0"), "_0");
    }

    #[test]
    fn shadowing_counts_up() {
        let mut names = Names::default();
        assert_eq!(names.fresh("x"), "x");
        assert_eq!(names.fresh("x"), "x_2");
        assert_eq!(names.fresh("new"), "new_");
        assert_eq!(names.fresh("new"), "new_2");
    }

    #[test]
    fn generic_arguments_lose_their_paths() {
        assert_eq!(generic_suffix("a::Matrix<b::Cell, 3>").as_deref(), Some("Cell_3"));
        assert_eq!(generic_suffix("a::Matrix"), None);
    }
}
