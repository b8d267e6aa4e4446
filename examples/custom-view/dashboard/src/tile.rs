//! The card on the overview.

use boot_time_common::GetBootTimes;
use leptos::prelude::*;
use telemetrics_frontend::answer::Answer;
use telemetrics_frontend::charts::{ChartCard, Kind};
use telemetrics_frontend::reactive::memo;
use telemetrics_frontend::scope::Selection;

use crate::{data, page};

#[component]
pub(crate) fn BootTimeTile() -> impl IntoView {
    let answer = Answer::of(memo(|| Some(())), |()| GetBootTimes::default());
    let builds = answer.memo(|(), times| data::builds(&Selection::default(), times));
    view! {
        <ChartCard
            title="Boot time by build"
            unit=page::SECONDS
            kind=Kind::Columns
            data=builds
            empty="No machine has reported a boot."
            height=196_u32
        />
    }
}
