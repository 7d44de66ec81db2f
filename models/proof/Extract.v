(** The auditor as an OCaml program. Numbers stay Coq's own, so nothing can overflow. *)

From Coq Require Import Extraction ExtrOcamlBasic.
From Swarm Require Import Log Auditor.

Extraction Language OCaml.
Extraction "auditor.ml" judge audit.
