(** The warm-up bound, for every set of k peers that complete. *)

From Coq Require Import Reals Lra Lia List Arith Bool Permutation Classical.
From Swarm Require Import Sums Model Lower Formulas Fastest Warm_up.
Import ListNotations.
Open Scope R_scope.

Section Bound.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).
  Context (n : nat) (u d lag : nat -> R) (f : file P) (tr : list (transfer P)).
  Let net := delayed n u d lag.
  Hypothesis ok : admissible net f tr.
  Hypothesis u_nonneg : forall i, In i (nodes net) -> 0 <= u i.
  Hypothesis us_pos : 0 < u 0%nat.

  (** The peers' uploads, largest first. *)
  Context (s : list R).
  Hypothesis s_sorted : descending s.
  Hypothesis s_uploads : Permutation (map u (seq 1 n)) s.

  (** c is the size of the smallest piece. *)
  Context (c : R).
  Hypothesis c_pos : 0 < c.
  Hypothesis c_least : forall x, In x (pieces f) -> c <= size f x.

  (** u_s + Û_m, and U. *)
  Definition rate (m : nat) : R := u 0%nat + fastest s m.
  Definition all_rates : R := u 0%nat + total s.

  Let wf : well_formed net f tr := proj1 ok.
  Let cause : causal f tr := proj2 (proj2 ok).

  Lemma s_nonneg x : In x s -> 0 <= x.
  Proof.
    intros i. apply (Permutation_in _ (Permutation_sym s_uploads)) in i.
    apply in_map_iff in i. destruct i as (j & <- & k). apply u_nonneg.
    apply in_seq in k. apply in_seq. simpl. lia.
  Qed.

  Lemma rate_fastest l : NoDup l -> incl l (seq 1 n) -> u 0%nat + sum u l <= rate (length l).
  Proof.
    intros distinct sub. apply Rplus_le_compat_l. apply (fastest_peers n u); try assumption.
    intros i k. apply u_nonneg. apply in_seq in k. apply in_seq. simpl. lia.
  Qed.

  Lemma rate_grows l m : (l <= m)%nat -> rate l <= rate m.
  Proof. intros le. apply Rplus_le_compat_l, fastest_grows; auto using s_nonneg. Qed.

  Lemma rate_total m : rate m <= all_rates.
  Proof. apply Rplus_le_compat_l, fastest_total, s_nonneg. Qed.

  Lemma rate_pos m : 0 < rate m.
  Proof. exact (g_pos n u us_pos rate rate_fastest rate_grows m). Qed.

  (** The smallest delay. What is there at D was sent by D - L. *)
  Context (L : R) (L_nonneg : 0 <= L) (L_least : forall j, In j (peers net) -> L <= lag j).
  Context (J : list nat) (D : R).
  Hypothesis D_late : L <= D.
  Hypothesis J_distinct : NoDup J.
  Hypothesis J_some : (1 <= length J)%nat.
  Hypothesis J_complete : forall j, In j J -> completes f tr j D.
  Hypothesis file_some : pieces f <> [].

  Lemma some_piece : exists x, In x (pieces f).
  Proof. destruct (pieces f) as [|x l]; [congruence|]. exists x. simpl. auto. Qed.

  Lemma c_le_file : c <= file_size f.
  Proof.
    destruct some_piece as (x & i). apply Rle_trans with (1 := c_least x i).
    apply (sum_member (size f)); [|assumption]. intros y k. left. now apply (positive _ _ _ wf).
  Qed.

  (** Part B: all bits. *)
  Theorem warm_up_all_bits :
    ramp rate c (length J) + INR (length J) * (file_size f - c) / all_rates <= D - L.
  Proof.
    pose proof (volume_needs n u d lag f tr ok us_pos rate all_rates
      rate_fastest rate_grows rate_total (fun _ => true) c c_pos (fun x i _ => c_least x i)
      0 0 (D - L) ltac:(lra)) as needs.
    assert (start : volume tr (fun _ => true) 0 <= u 0%nat * (0 - 0)).
    { unfold volume. rewrite sum_zero; [lra|]. intros e i. unfold chosen.
      apply (out_begins _ _ _ wf); [assumption|lra]. }
    specialize (needs start). rewrite Rminus_0_r in needs.
    assert (copies : INR (length J) * file_size f <= volume tr (fun _ => true) (D - L)).
    { pose proof (kth_volume P_dec n u d lag f tr ok (fun _ => true) L J D L_least J_distinct
      J_complete) as H.
      rewrite sum_filter in H. exact H. }
    pose proof c_le_file. pose proof (pos_INR (length J)).
    apply Rle_trans with
      (ramp rate c (length J) + (volume tr (fun _ => true) (D - L) - INR (length J) * c) /
        all_rates).
    - apply Rplus_le_compat_l. unfold Rdiv. apply Rmult_le_compat_r.
      + left. apply Rinv_0_lt_compat. pose proof (rate_pos 0). pose proof (rate_total 0). lra.
      + lra.
    - apply (reached_beyond rate c rate_pos c_pos); [apply rate_total| |assumption]. nra.
  Qed.

  (** Part C: the piece whose first copy comes last. *)
  Definition held x t := exists j, holds f tr j x (t + L).

  Lemma held_later x a b : a <= b -> held x a -> held x b.
  Proof. intros le (j & h). exists j. apply (holds_later net) with (a + L);
    [assumption|lra|assumption]. Qed.

  Lemma nothing_yet x : In x (pieces f) -> ~ held x 0.
  Proof.
    intros i (j & h). pose proof (holds_after_lag net f tr ok j x (0 + L) i h) as late.
    destruct h as (e & k & to & _). pose proof (L_least (dst e) (to_peer _ _ _ wf e k)).
    rewrite to in *. simpl in late. lra.
  Qed.

  (** A moment and a piece: before it no peer held the piece, after it every piece was held. *)
  Lemma last_piece : exists x tau, In x (pieces f) /\ 0 <= tau <= D - L /\
    (forall t, t < tau -> ~ held x t) /\
    (forall t y, In y (pieces f) -> tau < t <= D - L \/ t = D - L -> held y t).
  Proof.
    set (E := fun t => 0 <= t <= D - L /\ exists x, In x (pieces f) /\ ~ held x t).
    assert (at_end : forall y, In y (pieces f) -> held y (D - L)).
    { intros y i. destruct J as [|j l] eqn:e; [simpl in J_some; lia|].
      exists j. replace (D - L + L) with D by ring. apply J_complete; simpl; auto. }
    destruct (completeness E) as (tau & above & least).
    - exists (D - L). intros t [between _]. lra.
    - destruct some_piece as (x & i). exists 0. split; [lra|]. exists x. auto using nothing_yet.
    - assert (some : exists x, In x (pieces f) /\ forall t, t < tau -> ~ held x t).
      { apply NNPP. intros none.
        assert (each : forall x, In x (pieces f) -> exists t, t < tau /\ held x t).
        { intros x i. apply NNPP. intros never. apply none. exists x. split; [assumption|].
          intros t before h. apply never. eauto. }
        assert (all : exists t, t < tau /\ forall x, In x (pieces f) -> held x t).
        { clear - each ok. induction (pieces f) as [|x l IH].
          - exists (tau - 1). split; [lra|]. intros x [].
          - destruct IH as (a & a_lt & a_all); [intros; apply each; simpl; auto|].
            destruct (each x) as (b & b_lt & b_held); [simpl; auto|].
            exists (Rmax a b). split; [now apply Rmax_lub_lt|]. intros y [<-|i].
            + apply held_later with b; [apply Rmax_r|assumption].
            + apply held_later with a; [apply Rmax_l|auto]. }
        destruct all as (t & before & all).
        enough (tau <= t) by lra. apply least. intros t' (_ & x & i & lacks).
        destruct (Rle_lt_dec t' t) as [|after]; [assumption|].
        destruct lacks. apply held_later with t; [lra|auto]. }
      destruct some as (x & i & never). exists x, tau. repeat split; try assumption.
      + apply above. split; [lra|]. exists x. auto using nothing_yet.
      + apply least. intros t [between _]. lra.
      + intros t y k [after| ->]; [|auto]. apply NNPP. intros lacks.
        assert (0 <= tau) by (apply above; split; [lra|]; exists x; auto using nothing_yet).
        enough (t <= tau) by lra. apply above. split; [lra|]. eauto.
  Qed.

  (** When the last first copy appears, the source has sent all the rest besides. *)
  Lemma source_sends_all : exists x tau, In x (pieces f) /\ 0 <= tau <= D - L /\
    volume tr (fun y => if P_dec y x then true else false) tau
      <= u 0%nat * (tau - (file_size f - size f x) / u 0%nat).
  Proof.
    destruct last_piece as (x & tau & i & between & never & after).
    exists x, tau. split; [assumption|]. split; [assumption|].
    set (is_x := fun y => if P_dec y x then true else false).
    destruct (out_lipschitz net f tr ok (delayed_is_finite n u d lag)) as (V & V_pos & lip).
    set (from_source := fun (e : transfer P) t => only Nat.eq_dec src 0%nat (fun e => out e t) e).
    set (others := fun t => sum (fun e => if is_x (piece e) then 0 else from_source e t) tr).
    set (own := fun t => sum (fun e => if is_x (piece e) then from_source e t else 0) tr).
    (* All bits of x so far are the source's. *)
    assert (volume tr is_x tau <= own tau) as alone.
    { apply sum_le. intros e k. unfold chosen. destruct (is_x (piece e)) eqn:what; [|lra].
      unfold from_source, only. destruct (Nat.eq_dec (src e) 0) as [|relay]; [lra|].
      apply le_epsilon. intros eps eps_pos.
      assert (dt_pos : 0 < eps / V) by now apply Rdiv_lt_0_compat.
      pose proof (lip e (tau - eps / V) tau k ltac:(lra)) as small.
      replace (V * (tau - (tau - eps / V))) with eps in small by (field; lra).
      destruct (Rlt_le_dec 0 (out e (tau - eps / V))) as [moved|]; [|lra].
      destruct (cause e _ k moved) as [source|h]; [tauto|].
      destruct (never (tau - eps / V)); [lra|]. exists (src e).
      apply (holds_later net f tr ok) with (tau - eps / V); [lra|].
      unfold is_x in what. destruct (P_dec (piece e) x) as [<-|]; [assumption|discriminate]. }
    (* It has sent a copy of everything else. *)
    assert (file_size f - size f x <= others tau) as rest.
    { apply le_epsilon. intros eps eps_pos.
      assert (dt_pos : 0 < eps / u 0%nat) by now apply Rdiv_lt_0_compat.
      set (t := Rmin (D - L) (tau + eps / u 0%nat)).
      assert (later : tau <= t <= tau + eps / u 0%nat).
      { split; [apply Rmin_glb; lra|apply Rmin_r]. }
      assert (file_size f - size f x <= others t).
      { replace (file_size f - size f x)
          with (sum (size f) (filter (fun y => negb (is_x y)) (pieces f))).
        - apply (whole_pieces P_dec).
          + apply NoDup_filter, (Model.distinct _ _ _ wf).
          + intros e k. destruct (is_x (piece e)); [lra|]. apply only_nonneg.
            now apply (out_nonneg net f tr ok).
          + intros y k. apply filter_In in k. destruct k as [k other].
            destruct (after t y k) as (j & h).
            { unfold t, Rmin in *. destruct (Rle_dec (D - L) (tau + eps / u 0%nat)); [auto|lra]. }
            destruct (origin net f tr ok (delayed_is_finite n u d lag) y j (t + L) k h)
              as (e & m & from & <- & whole).
            exists e. repeat split; try assumption.
            apply negb_true_iff in other. rewrite other. unfold from_source, only.
            destruct (Nat.eq_dec (src e) 0); [|tauto].
            pose proof (arrives_L net f tr ok L L_least e (t + L) m) as sent_by.
            replace (t + L - L) with t in sent_by by ring. unfold delivered in whole. lra.
        - rewrite sum_filter. unfold file_size.
          rewrite <- (only_present P_dec (fun y => y) (size f) x (pieces f)
                        (Model.distinct _ _ _ wf) i).
          rewrite <- sum_minus. apply sum_ext. intros y k. unfold only, is_x.
          destruct (P_dec y x), (P_dec x y); subst; simpl; try congruence; lra. }
      assert (others t - others tau <= u 0%nat * (t - tau)).
      { pose proof (u0_window n u d lag f tr ok tau t (proj1 later)) as window.
        apply Rle_trans with (2 := window). unfold others, sent. rewrite <- !sum_minus.
        apply sum_le. intros e k. pose proof (out_grows _ _ _ wf e tau t k (proj1 later)).
        unfold from_source, only. cases. }
      pose proof (Rmult_le_compat_l (u 0%nat) (t - tau) (eps / u 0%nat) ltac:(lra) ltac:(lra)).
      replace (u 0%nat * (eps / u 0%nat)) with eps in H1 by (field; lra). lra. }
    (* Both went through one uplink. *)
    assert (own tau + others tau <= u 0%nat * tau).
    { pose proof (u0_window n u d lag f tr ok 0 tau (proj1 between)) as window.
      rewrite (sent_0 net f tr ok) in window.
      replace (own tau + others tau) with (sent tr 0%nat tau); [lra|].
      unfold own, others, sent. rewrite <- sum_plus. apply sum_ext. intros e k.
      unfold from_source. destruct (is_x (piece e)); lra. }
    replace (u 0%nat * (tau - (file_size f - size f x) / u 0%nat))
      with (u 0%nat * tau - (file_size f - size f x)) by (field; lra).
    lra.
  Qed.

  (** Part C: the last chunk. *)
  Theorem warm_up_last_chunk :
    (file_size f - c) / u 0%nat + ramp rate c (length J) <= D - L.
  Proof.
    destruct source_sends_all as (x & tau & i & between & alone).
    set (is_x := fun y => if P_dec y x then true else false) in *.
    set (t0 := (file_size f - size f x) / u 0%nat) in *.
    pose proof (c_least x i) as smallest.
    assert (least : forall y, In y (pieces f) -> is_x y = true -> size f x <= size f y).
    { intros y _ e. unfold is_x in e. destruct (P_dec y x) as [->|]; [lra|discriminate]. }
    pose proof (volume_needs n u d lag f tr ok us_pos rate all_rates rate_fastest rate_grows
      rate_total is_x (size f x) ltac:(lra) least tau t0 (D - L) (proj2 between) alone) as needs.
    pose proof (kth_volume P_dec n u d lag f tr ok is_x L J D L_least J_distinct J_complete)
      as copies.
    replace (sum (size f) (filter is_x (pieces f))) with (size f x) in copies.
    - pose proof (reached_ramp rate (size f x) rate_pos ltac:(lra) (length J) _ _ copies needs).
      pose proof (ramp_scale rate (size f x) rate_pos (length J) c J_some (conj c_pos smallest)).
      replace (rate 0) with (u 0%nat) in * by (unfold rate, fastest, total; simpl; lra).
      unfold t0 in H. unfold Rdiv in *. lra.
    - rewrite sum_filter.
      rewrite <- (only_present P_dec (fun y => y) (size f) x (pieces f)
                    (Model.distinct _ _ _ wf) i).
      apply sum_ext. intros y _. unfold only, is_x.
      destruct (P_dec y x), (P_dec x y); subst; simpl; congruence.
  Qed.
End Bound.

(** M chunks of one size: a(k) + (M - 1) c max{1/u_s, k/U}, as [bounds::warm_up] says. *)
Theorem warm_up_bound {P} (P_dec : forall x y : P, {x = y} + {x <> y})
  n u d lag (f : file P) tr s c L (J : list nat) D :
  admissible (delayed n u d lag) f tr ->
  (forall i, In i (seq 0 (S n)) -> 0 <= u i) -> 0 < u 0%nat ->
  descending s -> Permutation (map u (seq 1 n)) s ->
  0 < c -> pieces f <> [] -> (forall x, In x (pieces f) -> size f x = c) ->
  0 <= L <= D -> (forall j, In j (seq 1 n) -> L <= lag j) -> NoDup J -> J <> [] ->
  (forall j, In j J -> completes f tr j D) ->
  let M := INR (length (pieces f)) in
  let k := length J in
  ramp (rate u s) c k + (M - 1) * c * Rmax (1 / u 0%nat) (INR k / (u 0%nat + total s)) <= D - L.
Proof.
  intros ok u_nonneg us_pos sorted uploads c_pos pieces_some sizes D_late L_least distinct some
    all M k.
  assert (some' : (1 <= length J)%nat) by (destruct J; [congruence|simpl; lia]).
  assert (least : forall x, In x (pieces f) -> c <= size f x) by (intros x i; rewrite sizes
    by assumption; lra).
  assert (F : file_size f = M * c).
  { unfold file_size, M. rewrite <- sum_const. now apply sum_ext. }
  pose proof (warm_up_all_bits P_dec n u d lag f tr ok u_nonneg us_pos s sorted uploads c c_pos
    least
    L L_least J D (proj2 D_late) distinct all pieces_some) as B.
  pose proof (warm_up_last_chunk P_dec n u d lag f tr ok u_nonneg us_pos s sorted uploads c c_pos
    least
    L (proj1 D_late) L_least J D (proj2 D_late) distinct some' all pieces_some) as C.
  fold k in B, C. rewrite F in B, C. unfold all_rates in B.
  unfold Rmax. destruct (Rle_dec _ _).
  - replace ((M - 1) * c * (INR k / (u 0%nat + total s)))
      with (INR k * (M * c - c) / (u 0%nat + total s)); [lra|]. unfold Rdiv. ring.
  - replace ((M - 1) * c * (1 / u 0%nat)) with ((M * c - c) / u 0%nat); [lra|]. unfold Rdiv. ring.
Qed.
