"""What makes a team out of workstations: root, enrolment, roster, cards, freshness. Each step may be repeated."""
