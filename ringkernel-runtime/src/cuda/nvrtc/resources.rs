//! What a kernel needs of the device, read from the log of ptxas (`-v`).
//!
//! The log's format is not promised by anybody; what is not found in it stays zero, and nothing depends on it but reports
//! and warnings.

/// The resources of one function. Device functions that were not inlined have an entry with a stack but no registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// The function's (mangled) name.
    pub name: String,
    /// Registers a thread.
    pub registers: u32,
    /// Bytes of stack a thread.
    pub stack: u32,
    /// Bytes spilled by stores.
    pub spill_stores: u32,
    /// Bytes read back.
    pub spill_loads: u32,
    /// Bytes of static shared memory a block.
    pub shared: u32,
    /// Hardware barriers.
    pub barriers: u32,
}

impl Resources {
    /// Reads all functions from a log, in its order.
    #[must_use]
    pub fn parse(log: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        // "Used .. registers" belongs to the entry, also when properties of its callees stand in between.
        let (mut entry, mut current) = (None, None);
        for line in log.lines() {
            if let Some(name) = quoted_after(line, "Compiling entry function") {
                current = Some(index_of(&mut all, name));
                entry = current;
            } else if let Some((_, name)) = line.split_once("Function properties for ") {
                current = Some(index_of(&mut all, name.trim()));
            } else if line.contains("bytes stack frame") {
                if let Some(r) = current.and_then(|i: usize| all.get_mut(i)) {
                    r.stack = number_before(line, " bytes stack frame");
                    r.spill_stores = number_before(line, " bytes spill stores");
                    r.spill_loads = number_before(line, " bytes spill loads");
                }
            } else if line.contains("Used ")
                && line.contains(" registers")
                && let Some(r) = entry.and_then(|i: usize| all.get_mut(i))
            {
                r.registers = number_before(line, " registers");
                r.barriers = number_before(line, " barriers");
                r.shared = number_before(line, " bytes smem");
            }
        }
        all
    }
}

fn index_of(all: &mut Vec<Resources>, name: &str) -> usize {
    all.iter().position(|r| r.name == name).unwrap_or_else(|| {
        all.push(Resources { name: name.to_owned(), ..Resources::default() });
        all.len() - 1
    })
}

fn quoted_after<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    line.split_once(what)?.1.split('\'').nth(1)
}

/// The decimal number that ends right before `what`, or 0.
fn number_before(line: &str, what: &str) -> u32 {
    let digits = |head: &str| head.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok());
    line.split_once(what).and_then(|(head, _)| digits(head)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_layouts_of_the_log() {
        let of_12_9 = "ptxas info    : 4 bytes gmem\n\
            ptxas info    : Compiling entry function 'k' for 'sm_90'\n\
            ptxas info    : Function properties for k\n\
            \x20   16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads\n\
            ptxas info    : Used 24 registers, used 1 barriers, 1024 bytes smem, 368 bytes cmem[0]\n";
        let of_13_0 = of_12_9.replace("    16 bytes", "ptxas         .     16 bytes");
        let expected = Resources {
            name: "k".to_owned(),
            registers: 24,
            stack: 16,
            spill_stores: 8,
            spill_loads: 12,
            shared: 1024,
            barriers: 1,
        };
        assert_eq!(Resources::parse(of_12_9), std::slice::from_ref(&expected));
        assert_eq!(Resources::parse(&of_13_0), [expected]);
    }

    #[test]
    fn registers_belong_to_the_entry_when_a_callee_comes_between() {
        let log = "ptxas info    : Compiling entry function 'k' for 'sm_90'\n\
            ptxas info    : Function properties for k\n    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
            ptxas info    : Function properties for callee\n    32 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
            ptxas info    : Used 40 registers, used 0 barriers\n";
        let all = Resources::parse(log);
        assert_eq!((all[0].name.as_str(), all[0].registers, all[0].stack), ("k", 40, 0));
        assert_eq!((all[1].name.as_str(), all[1].registers, all[1].stack), ("callee", 0, 32));
    }

    #[test]
    fn nonsense_gives_nothing() {
        assert!(Resources::parse("Used registers\nbytes stack frame\n\n").is_empty());
    }
}
