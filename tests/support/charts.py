"""Charts of the theatre, in YAML."""

CHARTS = """\
kind: page
key: figures
label: Figures
parent: home
partial_url: figures
blocks:
  - {type: charts, label: Figures, charts: [stages, months, halls, takings, number, days, prices]}
---
kind: chart
key: stages
label: By stage
view: shows
type: bar
group: stage
page: programme
filter: stage
---
kind: chart
key: months
label: By month
view: shows
type: line
group: begins
by: month
page: programme
filter: begins
---
kind: chart
key: halls
label: By hall
view: shows
type: pie
group: hall
aggregate: sum
attribute: seats
groups: 2
page: programme
filter: hall
---
kind: chart
key: takings
label: Average takings
view: shows
type: bar
group: stage
aggregate: average
attribute: takings
---
kind: chart
key: number
label: Full houses
view: full
type: number
aggregate: max
attribute: seats
page: programme
---
kind: chart
key: days
label: Openings
view: shows
type: bar
group: opens
by: quarter
groups: 3
---
kind: chart
key: prices
label: Prices
view: shows
type: bar
group: coin
aggregate: sum
attribute: price
groups: 1
"""
