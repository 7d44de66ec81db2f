(** The textbook's formulas, and arrivals and departures. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model Lower.
Import ListNotations.
Open Scope R_scope.

(** Kurose & Ross, section 2.5: a file of [F] bits to [n] peers from a source of
    rate [us]; the slowest download is [dmin], the peers' uploads add up to [U]. *)
Definition D_p2p (n : nat) (F us dmin U : R) : R :=
  Rmax (F / us) (Rmax (F / dmin) (INR n * F / (us + U))).

Definition D_cs (n : nat) (F us dmin : R) : R := Rmax (INR n * F / us) (F / dmin).

Definition uploads (n : nat) (u : nat -> R) : R := sum u (seq 1 n).

Lemma delayed_is_finite n u d lag : finite_rate (delayed n u d lag).
Proof.
  set (total := sum (fun i => Rabs (u i)) (nodes (delayed n u d lag))). exists (1 + total).
  pose proof (sum_nonneg (fun i => Rabs (u i)) (nodes (delayed n u d lag))
                (fun i _ => Rabs_pos (u i))) as nn. fold total in nn.
  split; [lra|]. intros i s t k le.
  assert (u i <= total).
  { apply Rle_trans with (1 := Rle_abs (u i)).
    apply (sum_member (fun i => Rabs (u i))); [|assumption]. intros. apply Rabs_pos. }
  clearbody total. cbn. rewrite <- Rmult_minus_distr_l. apply Rmult_le_compat_r; lra.
Qed.

Lemma quotient_le F r D : 0 < r -> F <= r * D -> F / r <= D.
Proof.
  intros pos le. apply Rmult_le_reg_r with r; [assumption|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Section ConstantRates.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).
  Context (n : nat) (u d lag : nat -> R) (f : file P) (tr : list (transfer P)) (D : R).
  Let net := delayed n u d lag.
  Hypothesis ok : admissible net f tr.
  Hypothesis us_pos : 0 < u 0%nat.

  (** The smallest delay; nothing is there before it. *)
  Context (L : R) (L_least : forall j, In j (seq 1 n) -> L <= lag j).
  Hypothesis D_late : L <= D.

  Lemma all_uploads t :
    sum (fun i => upload net i t - upload net i 0) (nodes net) = (u 0%nat + uploads n u) * t.
  Proof.
    unfold nodes, uploads. simpl.
    rewrite (sum_ext _ (fun i => t * u i)) by (intros; ring). rewrite sum_scale. ring.
  Qed.

  (** One copy has left the source. *)
  Theorem one_copy_bound j : completes f tr j D -> file_size f / u 0%nat <= D - L.
  Proof.
    intros all. apply quotient_le; [assumption|].
    pose proof (server_bound P_dec net f tr ok L L_least (delayed_is_finite n u d lag) j D
                  D_late all) as H.
    simpl in H. lra.
  Qed.

  (** When k peers have the file, all nodes together have sent k copies. *)
  Theorem kth_copies_bound J :
    0 < u 0%nat + uploads n u -> NoDup J -> (forall j, In j J -> completes f tr j D) ->
    INR (length J) * file_size f / (u 0%nat + uploads n u) <= D - L.
  Proof.
    intros pos distinct all. apply quotient_le; [assumption|]. rewrite <- all_uploads.
    now apply (aggregate_bound P_dec net f tr ok).
  Qed.

  (** A peer that completes has received the file through its own downlink. *)
  Theorem own_download_bound j :
    In j (seq 1 n) -> 0 < d j -> 0 < file_size f -> completes f tr j D ->
    file_size f / d j <= D - lag j.
  Proof.
    intros i pos some all. apply quotient_le; [assumption|].
    assert (late : lag j <= D).
    { assert (exists c, In c (pieces f)) as (c & k).
      { destruct (pieces f) as [|c l] eqn:e; [|exists c; simpl; auto].
        unfold file_size in some. rewrite e in some. simpl in some. lra. }
      pose proof (holds_after_lag net f tr ok j c D k (all c k)). simpl in *. lra. }
    pose proof (download_bound P_dec net f tr ok D j i late all) as H. simpl in H. lra.
  Qed.

  (** If fewer than k peers can have the file by [x], the k-th completion is not before. *)
  Theorem kth_download_bound J x :
    0 < file_size f -> (forall j, In j (seq 1 n) -> 0 < d j) ->
    NoDup J -> incl J (seq 1 n) -> (forall j, In j J -> completes f tr j D) ->
    (length (filter (fun j => if Rlt_dec (lag j + file_size f / d j) x then true else false)
       (seq 1 n)) < length J)%nat ->
    x <= D.
  Proof.
    intros some pos distinct sub all few.
    set (fast := fun j => if Rlt_dec (lag j + file_size f / d j) x then true else false) in *.
    assert (exists j, In j J /\ fast j = false) as (j & i & slow).
    { destruct (forallb fast J) eqn:every.
      - rewrite forallb_forall in every. exfalso.
        apply (Nat.lt_irrefl (length J)), Nat.le_lt_trans with (2 := few).
        apply NoDup_incl_length; [assumption|]. intros j i. apply filter_In. auto.
      - clear - every. induction J as [|j J IH]; simpl in every; [discriminate|].
        destruct (fast j) eqn:this; simpl in every.
        + destruct (IH every) as (k & i & slow). exists k. simpl. auto.
        + exists j. simpl. auto. }
    unfold fast in slow. destruct (Rlt_dec _ x); [discriminate|].
    pose proof (own_download_bound j (sub j i) (pos j (sub j i)) some (all j i)). lra.
  Qed.

  Theorem kth_client_server_bound J :
    (forall e, In e tr -> src e = 0%nat) -> NoDup J -> (forall j, In j J -> completes f tr j D) ->
    INR (length J) * file_size f / u 0%nat <= D - L.
  Proof.
    intros alone distinct all. apply quotient_le; [assumption|].
    pose proof (client_server_bound P_dec net f tr ok L L_least D D_late J alone distinct all)
      as H.
    simpl in H. lra.
  Qed.

  Hypothesis n_pos : (1 <= n)%nat.
  Hypothesis everybody : forall j, In j (seq 1 n) -> completes f tr j D.

  Lemma slowest_bound dmin :
    0 < dmin -> (exists j, In j (seq 1 n) /\ d j = dmin) -> 0 < file_size f ->
    file_size f / dmin <= D - L.
  Proof.
    intros pos (j & i & <-) some. pose proof (own_download_bound j i pos some (everybody j i)).
    pose proof (L_least j i). lra.
  Qed.

  Theorem p2p_lower_bound dmin :
    0 < file_size f -> 0 < dmin -> (exists j, In j (seq 1 n) /\ d j = dmin) ->
    0 < u 0%nat + uploads n u ->
    L + D_p2p n (file_size f) (u 0%nat) dmin (uploads n u) <= D.
  Proof.
    intros some pos slow total.
    enough (D_p2p n (file_size f) (u 0%nat) dmin (uploads n u) <= D - L) by lra.
    unfold D_p2p. apply Rmax_lub; [|apply Rmax_lub].
    - apply (one_copy_bound 1), everybody, in_seq. lia.
    - now apply slowest_bound.
    - pose proof (kth_copies_bound (seq 1 n) total (seq_NoDup n 1) everybody) as H.
      now rewrite seq_length in H.
  Qed.

  Theorem cs_lower_bound dmin :
    (forall e, In e tr -> src e = 0%nat) ->
    0 < file_size f -> 0 < dmin -> (exists j, In j (seq 1 n) /\ d j = dmin) ->
    L + D_cs n (file_size f) (u 0%nat) dmin <= D.
  Proof.
    intros alone some pos slow.
    enough (D_cs n (file_size f) (u 0%nat) dmin <= D - L) by lra.
    unfold D_cs. apply Rmax_lub.
    - pose proof (kth_client_server_bound (seq 1 n) alone (seq_NoDup n 1) everybody) as H.
      now rewrite seq_length in H.
    - now apply slowest_bound.
  Qed.
End ConstantRates.

(** Arrivals and departures: [alive i t] is how long [i] has been there by [t]. *)
Definition churning n (u d lag : nat -> R) (alive : nat -> R -> R) : network :=
  {| N := n; upload := fun i t => u i * alive i t; download := fun j t => d j * alive j t;
     lag := lag |}.

Section Churn.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).
  Context (n : nat) (u d lag : nat -> R) (alive : nat -> R -> R).
  Context (f : file P) (tr : list (transfer P)) (D : R).
  Let net := churning n u d lag alive.
  Hypothesis ok : admissible net f tr.
  Hypothesis rates : forall i, In i (nodes net) -> 0 <= u i.
  Hypothesis clock : forall i s t, In i (nodes net) -> s <= t -> alive i t - alive i s <= t - s.
  Context (L : R) (L_least : forall j, In j (peers net) -> L <= lag j).
  Hypothesis D_late : L <= D.

  Theorem churn_bound J :
    NoDup J -> (forall j, In j J -> completes f tr j D) ->
    INR (length J) * file_size f <= sum (fun i => u i * (alive i (D - L) - alive i 0)) (nodes net).
  Proof.
    intros distinct all.
    rewrite (sum_ext _ (fun i => upload net i (D - L) - upload net i 0)) by (intros; simpl; ring).
    now apply (aggregate_bound P_dec net f tr ok).
  Qed.

  Lemma churning_is_finite : finite_rate net.
  Proof.
    exists (1 + sum u (nodes net)). pose proof (sum_nonneg u (nodes net) rates). split; [lra|].
    intros i s t k le. cbn [net churning upload]. rewrite <- Rmult_minus_distr_l.
    apply Rle_trans with (u i * (t - s)).
    - apply Rmult_le_compat_l; auto.
    - apply Rmult_le_compat_r; [lra|]. pose proof (sum_member u (nodes net) i rates k). lra.
  Qed.

  Theorem churn_server_bound j :
    completes f tr j D -> file_size f <= u 0%nat * (alive 0%nat (D - L) - alive 0%nat 0).
  Proof.
    intros all.
    pose proof (server_bound P_dec net f tr ok L L_least churning_is_finite j D D_late all) as H.
    simpl in H. lra.
  Qed.

  (** A peer alone: the others carry its copy, after it has come. *)
  Theorem churn_others_bound j a :
    (forall e, In e tr -> src e <> dst e) -> a <= D - lag j ->
    (forall e, In e tr -> dst e = j -> out e a = 0) -> completes f tr j D ->
    file_size f <= sum (fun i => if Nat.eq_dec i j then 0
      else u i * (alive i (D - lag j) - alive i a)) (nodes net).
  Proof.
    intros no_loop came none all.
    pose proof (others_bound P_dec net f tr ok D j a no_loop came none all) as H.
    apply Rle_trans with (1 := H), sum_le. intros k l.
    destruct (Nat.eq_dec k j); simpl; lra.
  Qed.
End Churn.
