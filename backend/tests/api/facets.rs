//! `GET /api/v1/facets`.

use std::collections::BTreeMap;
use std::sync::Arc;

use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::RecordFilter;
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::filter::Source;

use super::records::{filters, passes, store_fleet};
use crate::on_both_databases;
use crate::support::TestApp;

on_both_databases!(
    facets_agree_with_a_look_at_every_record,
    a_search_of_payloads_counts_in_part("--search-budget-ms", "0"),
);

fn counted<K: Ord>(all: &[StoredRecord], filter: &RecordFilter, key: impl Fn(&StoredRecord) -> K) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    all.iter().filter(|record| passes(filter, record)).for_each(|record| *counts.entry(key(record)).or_default() += 1);
    counts
}

fn check(facets: &Facets, all: &[StoredRecord], filter: &RecordFilter) {
    let without_system = RecordFilter { system: None, build: None, ..filter.clone() };
    let builds =
        counted(all, &without_system, |stored| (stored.record.system_name.clone(), stored.record.build.clone()));
    let found: BTreeMap<_, _> = facets
        .systems
        .iter()
        .flat_map(|system| {
            system.builds.iter().map(|build| ((system.name.clone(), build.build.clone()), build.records))
        })
        .collect();
    assert_eq!(found, builds, "{filter:?}");
    for system in &facets.systems {
        assert_eq!(system.records, system.builds.iter().map(|build| build.records).sum::<u64>());
    }
    let without_class = RecordFilter { classification: None, ..filter.clone() };
    let classes = counted(all, &without_class, |stored| stored.record.classification.clone());
    let found: BTreeMap<_, _> =
        facets.classifications.iter().map(|count| (count.name.clone(), count.records)).collect();
    assert_eq!(found, classes, "{filter:?}");
    let without_severity = RecordFilter { severity: None, ..filter.clone() };
    let severities = counted(all, &without_severity, |stored| stored.record.severity);
    let found: BTreeMap<_, _> = facets.severities.iter().map(|count| (count.severity, count.records)).collect();
    assert_eq!(found, severities, "{filter:?}");
    let without_source = RecordFilter { source: None, ..filter.clone() };
    let sources = counted(all, &without_source, |stored| stored.record.external);
    let found: BTreeMap<_, _> =
        facets.sources.iter().map(|count| (count.source == Source::External, count.records)).collect();
    assert_eq!(found, sources, "{filter:?}");
}

async fn facets_agree_with_a_look_at_every_record(app: Arc<TestApp>) {
    let all = store_fleet(&app, 1500).await;
    for filter in filters(&all) {
        let facets = app.call(&GetFacets(filter.clone())).await;
        assert!(!facets.partial);
        check(&facets, &all, &filter);
        assert!(
            facets.classifications.is_sorted_by_key(|count| (std::cmp::Reverse(count.records), count.name.clone()))
        );
        assert!(facets.systems.is_sorted_by_key(|system| (std::cmp::Reverse(system.records), system.name.clone())));
    }
}

async fn a_search_of_payloads_counts_in_part(app: Arc<TestApp>) {
    let all = store_fleet(&app, 600).await;
    let filter = RecordFilter { payload: Some(".".to_owned()), ..RecordFilter::default() };
    let facets = app.call(&GetFacets(filter.clone())).await;
    assert!(facets.partial);
    check(&facets, &all[..256], &filter);
}
