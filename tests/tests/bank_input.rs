//! What the example `bank` says of files that are not as they should be.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/bank/input.rs"]
mod input;
#[allow(dead_code)]
#[path = "../../examples/bank/replay.rs"]
mod replay;

use std::io::Write;

/// What is said of a file with this text, after its name.
fn complaint(text: &str, accounts: Option<u32>) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let error = input::read(file.path(), accounts).err().expect("the file is not as it should be").to_string();
    error.strip_prefix(&file.path().display().to_string()).expect("the file is named").to_owned()
}

#[test]
fn a_malformed_row_gives_file_line_column_and_reason() {
    let said = |rows: &str| complaint(&format!("from,to,cents\n0,1,5\n{rows}\n"), Some(10));
    assert_eq!(
        said("3,4,x7"),
        ", line 3, column 3 (`cents`): `x7` is not a whole number from 0: invalid digit found in string"
    );
    assert_eq!(
        said("-3,4,7"),
        ", line 3, column 1 (`from`): `-3` is not a whole number from 0: invalid digit found in string"
    );
    assert_eq!(
        said("3,,7"),
        ", line 3, column 2 (`to`): `` is not a whole number from 0: cannot parse integer from empty string"
    );
    assert_eq!(said("3,10,7"), ", line 3, column 2 (`to`): there is no account 10: they are numbered from 0 to 9");
    assert_eq!(said("3,4,0"), ", line 3, column 3 (`cents`): a transfer of nothing");
    assert_eq!(said("3,4"), ", line 3: 2 values where 3 belong: from,to,cents");
    assert_eq!(said("1,2,3\n\n3,4,5,6"), ", line 5: 4 values where 3 belong: from,to,cents");
    assert!(said("3,4,99999999999999999999").contains("column 3 (`cents`)"));
}

#[test]
fn a_file_without_header_or_transfers_or_with_far_too_many_accounts_is_refused() {
    assert_eq!(complaint("0,1,5\n", None), ", line 1: the first line must be `from,to,cents`");
    assert_eq!(complaint("from,to,cents\n", None), ": there are no transfers in it");
    assert_eq!(
        complaint("from,to,cents\n0,268435455,5\n", None),
        ", line 2, column 2 (`to`): there is no account 268435455: they are numbered from 0 to 16777215; for more, give \
         --accounts"
    );
    assert!(input::read("no/such/file.csv".as_ref(), None).err().unwrap().to_string().starts_with("no/such/file.csv"));
}

#[test]
fn transfers_that_add_up_to_more_than_an_account_can_hold_are_refused() {
    let doubling: String = (0..35).map(|i| format!("0,1,{}\n", 1_000_000_000_u64 << i)).collect();
    assert_eq!(
        complaint(&format!("from,to,cents\n0,1,1000000000\n{doubling}"), None),
        ": the transfers of account 0 add up to more than the 18446744073709551615 cents that it can hold"
    );
}

#[test]
fn every_transfer_is_covered_or_more_than_its_account_could_ever_hold() {
    for seed in 0..20 {
        let book = input::generate(Some(50), Some(5000), Some(seed)).ok().unwrap();
        let mut backwards = input::generate(Some(50), Some(5000), Some(seed)).ok().unwrap();
        backwards.transfers.reverse();
        let (forth, back) = (replay::replay(&book).ok().unwrap(), replay::replay(&backwards).ok().unwrap());
        assert_eq!(forth.balances, back.balances, "the order does not matter");
        assert_eq!(forth.overdrafts.len(), back.overdrafts.len());
        assert!(!forth.overdrafts.is_empty());
    }
}
