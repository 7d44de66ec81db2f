(** Store and forward with unequal rates: a peer without a piece cannot send.

    [g m] is what the source and any [m] peers can send together. A volume that
    starts from nothing and of which [floor (V / z)] peers can send grows with slope
    [g (floor (V / z))] at most; so it needs [ramp k] to reach [k z].

    This had not been proved by machine before: the warm-up bound of
    [bounds::warm_up]. *)

From Coq Require Import Reals Lra Lia List Arith Bool Permutation.
From Swarm Require Import Sums Model Lower.
Import ListNotations.
Open Scope R_scope.

(** ** A volume that feeds its own growth *)

Section Growth.
  Context (g : nat -> R) (z : R).
  Hypothesis g_pos : forall m, 0 < g m.
  Hypothesis g_grows : forall l m, (l <= m)%nat -> g l <= g m.
  Hypothesis z_pos : 0 < z.

  (** The time to reach [k z]. *)
  Fixpoint ramp (k : nat) : R :=
    match k with
    | O => 0
    | S k => ramp k + z / g k
    end.

  (** The line that touches the curve of times between [n z] and [n z + z]. *)
  Definition line n w := ramp n + (w - INR n * z) / g n.

  Lemma line_step n w : INR n * z <= w -> INR (S n) * z <= w -> line (S n) w <= line n w.
  Proof.
    intros _ le. rewrite S_INR in le. unfold line. simpl ramp. rewrite S_INR.
    replace ((w - INR n * z) / g n)
      with (z / g n + (w - (INR n + 1) * z) / g n) by (field; specialize (g_pos n); lra).
    assert ((w - (INR n + 1) * z) / g (S n) <= (w - (INR n + 1) * z) / g n); [|lra].
    apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; auto.
  Qed.

  (** Further lines are lower where they apply. *)
  Lemma line_later l n w : (l <= n)%nat -> INR n * z <= w -> line n w <= line l w.
  Proof.
    induction 1 as [|n le IH]; intros enough; [lra|].
    assert (INR n * z <= w) by (rewrite S_INR in enough; lra).
    apply Rle_trans with (line n w); [now apply line_step|auto].
  Qed.

  Lemma line_grows n v w : v <= w -> line n v <= line n w.
  Proof.
    intros le. unfold line. apply Rplus_le_compat_l, Rmult_le_compat_r; [|lra].
    left. now apply Rinv_0_lt_compat.
  Qed.

  Lemma line_corner n : line n (INR n * z) = ramp n.
  Proof. unfold line. replace (INR n * z - INR n * z) with 0 by ring. unfold Rdiv. ring. Qed.

  (** [w] can be reached within [y]: below its own line. *)
  Definition reached w y := exists n, INR n * z <= w /\ w < INR n * z + z /\ line n w <= y.

  Context (V : R -> R) (from t0 slope : R).
  Hypothesis V_grows : forall s t, from <= s -> s <= t -> V s <= V t.
  Hypothesis V_lipschitz : forall s t, from <= s -> s <= t -> V t - V s <= slope * (t - s).
  Hypothesis slope_pos : 0 < slope.
  Hypothesis V_nonneg : 0 <= V from.
  (** While less than [n z + z] is there, the growth is that of [n] peers. *)
  Hypothesis growth : forall n s t, from <= s -> s <= t -> V t < INR n * z + z ->
    V t - V s <= g n * (t - s).
  Hypothesis base : reached (V from) (from - t0).

  (** Between two values, every value is taken; nearly is enough. *)
  Lemma nearly level t eps :
    from <= t -> V from < level -> level <= V t -> 0 < eps ->
    exists s, from <= s <= t /\ level - eps <= V s < level.
  Proof.
    intros le below above eps_pos.
    set (d := eps / slope). assert (d_pos : 0 < d) by now apply Rdiv_lt_0_compat.
    assert (d_slope : slope * d = eps) by (unfold d; field; lra).
    (* In steps of d from [from] on, the last one below [level]. *)
    assert (forall n, (exists s, from <= s <= t /\ level - eps <= V s < level)
                      \/ V (from + INR n * d) < level) as steps.
    { induction n as [|n [found|low]]; [right; simpl; now replace (from + 0 * d) with from by ring
                                       |now left|].
      pose proof (pos_INR n) as nn. pose proof (Rmult_le_pos _ _ nn (Rlt_le _ _ d_pos)) as nd.
      destruct (Rlt_le_dec (V (from + INR (S n) * d)) level) as [lt|ge]; [now right|]. left.
      exists (from + INR n * d). rewrite S_INR in ge.
      pose proof (V_lipschitz (from + INR n * d) (from + (INR n + 1) * d) ltac:(lra) ltac:(lra))
        as small.
      replace (slope * (from + (INR n + 1) * d - (from + INR n * d)))
        with (slope * d) in small by ring.
      repeat split; try lra. destruct (Rle_lt_dec (from + INR n * d) t) as [|late]; [assumption|].
      pose proof (V_grows t (from + INR n * d) le ltac:(lra)). lra. }
    destruct (INR_above ((t - from) / d)) as [n far].
    destruct (steps n) as [found|low]; [assumption|].
    apply Rmult_lt_compat_r with (r := d) in far; [|assumption].
    replace ((t - from) / d * d) with (t - from) in far by (field; lra).
    pose proof (V_grows t (from + INR n * d) le ltac:(lra)). lra.
  Qed.

  Theorem volume_is_reached n : forall t,
    from <= t -> V t < INR n * z + z -> reached (V t) (t - t0).
  Proof.
    induction n as [n IH] using lt_wf_ind. intros t le small.
    destruct base as (b & b_low & b_high & b_line).
    pose proof (V_grows from t ltac:(lra) le) as more.
    destruct (Rlt_le_dec (V t) (INR n * z)) as [lower|enough].
    { destruct n as [|n]; [simpl in lower; lra|].
      apply (IH n); [lia|assumption|]. rewrite S_INR in lower. lra. }
    exists n. repeat split; try assumption.
    pose proof (growth n from t ltac:(lra) le small) as whole.
    assert (linear : forall s, from <= s <= t -> (V t - V s) / g n <= t - s).
    { intros s between. specialize (g_pos n).
      pose proof (growth n s t ltac:(lra) ltac:(lra) small) as part.
      apply Rmult_le_reg_r with (g n); [assumption|].
      replace ((V t - V s) / g n * g n) with (V t - V s) by (field; lra). lra. }
    assert (split_line : forall v, line n (V t) = line n v + (V t - v) / g n).
    { intros v. unfold line. field. specialize (g_pos n). lra. }
    destruct (Rlt_le_dec (V from) (INR n * z)) as [below|started].
    - (* It passed [n z] on the way. *)
      destruct n as [|n]; [simpl in below; lra|].
      apply le_epsilon. intros eps eps_pos.
      set (e := Rmin (eps * g 0%nat) z).
      assert (e_pos : 0 < e) by (apply Rmin_pos; [apply Rmult_lt_0_compat; auto|assumption]).
      assert (e_small : e <= eps * g 0%nat) by apply Rmin_l.
      assert (e_z : e <= z) by apply Rmin_r.
      destruct (nearly (INR (S n) * z) t e le below enough e_pos) as (s & between & low & high).
      assert (at_s : reached (V s) (s - t0)).
      { apply (IH n); [lia|lra|]. rewrite S_INR in high. lra. }
      destruct at_s as (m & m_low & m_high & m_line).
      rewrite (split_line (V s)). specialize (linear s between).
      assert (line (S n) (V s) <= line m (V s) + eps); [|lra].
      assert (m <= n)%nat.
      { apply Nat.lt_succ_r, INR_lt, Rmult_lt_reg_r with z; lra. }
      (* The line m is at most eps lower than where the line n begins. *)
      apply Rle_trans with (ramp (S n)).
      + rewrite <- line_corner. apply line_grows. lra.
      + rewrite <- (line_corner (S n)).
        apply Rle_trans with (line m (INR (S n) * z)).
        * apply line_later; [lia|lra].
        * unfold line. pose proof (g_grows 0 m ltac:(lia)). pose proof (g_pos m).
          pose proof (g_pos 0%nat).
          assert ((INR (S n) * z - V s) / g m <= eps).
          { apply Rmult_le_reg_r with (g m); [assumption|].
            replace ((INR (S n) * z - V s) / g m * g m) with (INR (S n) * z - V s) by (field; lra).
            apply Rle_trans with (eps * g 0%nat); [lra|]. apply Rmult_le_compat_l; lra. }
          replace ((INR (S n) * z - INR m * z) / g m)
            with ((V s - INR m * z) / g m + (INR (S n) * z - V s) / g m) by (field; lra). lra.
    - (* It was beyond [n z] from the start. *)
      rewrite (split_line (V from)). specialize (linear from ltac:(lra)).
      assert (line n (V from) <= line b (V from)); [|lra].
      assert (b <= n)%nat; [|now apply line_later].
      apply Nat.lt_succ_r, INR_lt. rewrite S_INR.
      apply Rmult_lt_reg_r with z; lra.
  Qed.

  Lemma rank w : 0 <= w -> exists n, INR n * z <= w < INR n * z + z.
  Proof.
    intros nn. destruct (INR_above (w / z)) as [top far].
    apply Rmult_lt_compat_r with (r := z) in far; [|assumption].
    replace (w / z * z) with w in far by (field; lra).
    induction top as [|top IH]; [simpl in far; lra|].
    destruct (Rlt_le_dec w (INR top * z)) as [lower|enough]; [auto|].
    exists top. rewrite S_INR in far. lra.
  Qed.

  Corollary volume_bound t : from <= t -> reached (V t) (t - t0).
  Proof.
    intros le. destruct (rank (V t)) as (n & _ & small).
    - pose proof (V_grows from t ltac:(lra) le). lra.
    - now apply (volume_is_reached n).
  Qed.
End Growth.

Section Ramp.
  Context (g : nat -> R) (z : R).
  Hypothesis g_pos : forall m, 0 < g m.
  Hypothesis z_pos : 0 < z.

  Lemma ramp_grows k n : (k <= n)%nat -> ramp g z k <= ramp g z n.
  Proof.
    induction 1 as [|n _ IH]; [lra|]. simpl.
    pose proof (Rdiv_lt_0_compat z (g n) z_pos (g_pos n)). lra.
  Qed.

  Lemma reached_ramp k w y : INR k * z <= w -> reached g z w y -> ramp g z k <= y.
  Proof.
    intros enough (n & low & high & below).
    assert (k <= n)%nat.
    { apply Nat.lt_succ_r, INR_lt. rewrite S_INR. apply Rmult_lt_reg_r with z; lra. }
    apply Rle_trans with (2 := below), Rle_trans with (1 := ramp_grows k n H).
    rewrite <- (line_corner g z n). apply line_grows; assumption.
  Qed.

  (** Beyond [k z] it grows with the slope [G] at most. *)
  Lemma reached_beyond G k w y :
    (forall m, g m <= G) -> INR k * z <= w -> reached g z w y ->
    ramp g z k + (w - INR k * z) / G <= y.
  Proof.
    intros total enough (n & low & high & below).
    assert (le : (k <= n)%nat).
    { apply Nat.lt_succ_r, INR_lt. rewrite S_INR. apply Rmult_lt_reg_r with z; lra. }
    apply Rle_trans with (2 := below). unfold line.
    assert (flatter : forall v m, 0 <= v -> v / G <= v / g m).
    { intros v m nn. apply Rmult_le_compat_l; [assumption|]. apply Rinv_le_contravar; auto. }
    assert (ramp g z k + INR (n - k) * (z / G) <= ramp g z n).
    { clear - le flatter z_pos. induction le as [|n le IH].
      - rewrite Nat.sub_diag. simpl. lra.
      - rewrite Nat.sub_succ_l, S_INR by assumption. simpl.
        pose proof (flatter z n ltac:(lra)). lra. }
    rewrite minus_INR in H by assumption.
    pose proof (flatter (w - INR n * z) n ltac:(lra)).
    replace ((w - INR k * z) / G) with ((INR n - INR k) * (z / G) + (w - INR n * z) / G).
    - lra.
    - unfold Rdiv. ring.
  Qed.

  (** Small pieces: less to wait for in [ramp], more before it. *)
  Lemma ramp_scale k c : (1 <= k)%nat -> 0 < c <= z -> ramp g c k - c / g 0%nat
    <= ramp g z k - z / g 0%nat.
  Proof.
    intros some [pos le]. induction some as [|k some IH]; [simpl; lra|].
    simpl. assert (c / g k <= z / g k); [|lra].
    apply Rmult_le_compat_r; [|assumption]. left. now apply Rinv_0_lt_compat.
  Qed.
End Ramp.

(** ** The volume of a swarm *)

Ltac cases :=
  repeat (cbv beta; match goal with |- context [if ?b then _ else _] => destruct b end); lra.

Section Swarm.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).
  Context (n : nat) (u d lag : nat -> R) (f : file P) (tr : list (transfer P)).
  Let net := delayed n u d lag.
  Hypothesis ok : admissible net f tr.
  Hypothesis us_pos : 0 < u 0%nat.

  (** [g m]: the source and any [m] peers, together. *)
  Context (g : nat -> R) (G : R).
  Hypothesis g_fastest : forall l, NoDup l -> incl l (seq 1 n) -> u 0%nat + sum u l
    <= g (length l).
  Hypothesis g_grows : forall l m, (l <= m)%nat -> g l <= g m.
  Hypothesis g_total : forall m, g m <= G.

  Let wf : well_formed net f tr := proj1 ok.
  Let supply : within_supply net tr := proj1 (proj2 ok).
  Let cause : causal f tr := proj2 (proj2 ok).

  Lemma g_source m : u 0%nat <= g m.
  Proof.
    apply Rle_trans with (g 0%nat); [|apply g_grows; lia].
    pose proof (g_fastest [] (NoDup_nil _) ltac:(intros i [])). simpl in H. lra.
  Qed.

  Lemma g_pos m : 0 < g m.
  Proof. pose proof (g_source m). lra. Qed.

  Lemma u0_window s t : s <= t -> sent tr 0%nat t - sent tr 0%nat s <= u 0%nat * (t - s).
  Proof.
    intros le. pose proof (uplinks _ _ supply 0%nat s t (source_is_a_node net) le) as H.
    simpl in H. lra.
  Qed.

  (** The bits of the pieces that [q] selects. *)
  Context (q : P -> bool) (z : R).
  Hypothesis z_pos : 0 < z.
  Hypothesis z_least : forall c, In c (pieces f) -> q c = true -> z <= size f c.

  Definition chosen (v : transfer P -> R) (e : transfer P) : R := if q (piece e) then v e else 0.
  Definition volume t := sum (chosen (fun e => out e t)) tr.

  (** The peers that have sent some of it. *)
  Definition has_sent i t : bool :=
    existsb (fun e => (src e =? i)%nat && q (piece e)
                      && (if Rlt_dec 0 (out e t) then true else false)) tr.
  Definition senders t := filter (fun i => has_sent i t) (seq 1 n).

  Lemma senders_hold i t : In i (senders t) -> exists c, q c = true /\ holds f tr i c t.
  Proof.
    intros k. apply filter_In in k. destruct k as [peer active].
    apply existsb_exists in active. destruct active as (e & k & true_).
    apply andb_prop in true_. destruct true_ as [both moved].
    apply andb_prop in both. destruct both as [from what].
    apply Nat.eqb_eq in from. destruct (Rlt_dec 0 (out e t)); [|discriminate].
    destruct (cause e t k r) as [source|h].
    - apply in_seq in peer. lia.
    - exists (piece e). subst i. auto.
  Qed.

  (** [L]: what is there at t was sent by t - L. *)
  Lemma copies_received L (J : list nat) t v :
    (forall j, In j (peers net) -> L <= lag j) -> NoDup J -> 0 <= v ->
    (forall j, In j J -> v <= sum (only Nat.eq_dec dst j (chosen (fun e => inn e t))) tr) ->
    INR (length J) * v <= volume (t - L).
  Proof.
    intros L_least distinct nn each. rewrite <- sum_const.
    apply Rle_trans with (sum (chosen (fun e => inn e t)) tr).
    - apply Rle_trans with (1 := sum_le _ _ _ each). apply sum_by_key; [assumption|].
      intros e i. unfold chosen. pose proof (inn_nonneg _ _ _ ok e t i). cases.
    - apply sum_le. intros e i. unfold chosen. pose proof (arrives_L net f tr ok L L_least e t i).
      cases.
  Qed.

  Lemma senders_few t : INR (length (senders t)) * z <= volume t.
  Proof.
    rewrite <- (Rminus_0_r t) at 2.
    apply copies_received; [apply (lag_nonneg _ _ _ wf)|apply NoDup_filter, seq_NoDup|lra|].
    intros i k.
    destruct (senders_hold i t k) as (c & what & e & l & to & piece_c & whole).
    apply Rle_trans with (only Nat.eq_dec dst i (chosen (fun e => inn e t)) e).
    - unfold only, chosen. destruct (Nat.eq_dec _ _); [|tauto]. rewrite piece_c, what.
      apply Rle_trans with (2 := whole). rewrite piece_c. apply z_least; [|assumption].
      rewrite <- piece_c. now apply (known _ _ _ wf).
    - apply (sum_member (only Nat.eq_dec dst i (chosen (fun e => inn e t)))); [|assumption].
      intros e' l'. apply only_nonneg. unfold chosen.
      pose proof (inn_nonneg _ _ _ ok e' t l'). cases.
  Qed.

  Lemma volume_window s t :
    s <= t -> volume t - volume s <= (u 0%nat + sum u (senders t)) * (t - s).
  Proof.
    intros le. unfold volume. rewrite <- sum_minus.
    set (grown := fun e => chosen (fun e => out e t) e - chosen (fun e => out e s) e).
    assert (grown_le : forall i, sum (only Nat.eq_dec src i grown) tr
      <= sent tr i t - sent tr i s).
    { intros i. unfold sent. rewrite <- sum_minus. apply sum_le. intros e k.
      pose proof (out_grows _ _ _ wf e s t k le). unfold only, grown, chosen. cases. }
    rewrite <- (sum_by_all_keys Nat.eq_dec src grown tr (nodes net));
      [|apply seq_NoDup|apply (from_node _ _ _ wf)].
    unfold nodes. change (N net) with n. rewrite <- cons_seq. simpl.
    rewrite Rmult_plus_distr_r. apply Rplus_le_compat.
    - apply Rle_trans with (1 := grown_le 0%nat). now apply u0_window.
    - unfold senders. rewrite sum_filter, Rmult_comm, <- sum_scale. apply sum_le.
      intros i k. assert (node : In i (nodes net)).
      { apply in_seq in k. apply in_seq. simpl. lia. }
      destruct (has_sent i t) eqn:active.
      + apply Rle_trans with (1 := grown_le i).
        pose proof (uplinks _ _ supply i s t node le) as H. simpl in H. lra.
      + rewrite Rmult_0_r. apply Req_le, sum_zero. intros e l. unfold only.
        destruct (Nat.eq_dec (src e) i) as [from|]; [|reflexivity].
        unfold grown, chosen. destruct (q (piece e)) eqn:what; [|lra].
        assert (out e t <= 0).
        { destruct (Rlt_le_dec 0 (out e t)) as [moved|]; [|assumption].
          enough (has_sent i t = true) by congruence. apply existsb_exists. exists e.
          split; [assumption|]. rewrite from, Nat.eqb_refl, what. simpl.
          destruct (Rlt_dec _ _); [reflexivity|lra]. }
        pose proof (out_nonneg _ _ _ ok e s l). pose proof (out_grows _ _ _ wf e s t l le). lra.
  Qed.

  Lemma volume_growth m s t :
    s <= t -> volume t < INR m * z + z -> volume t - volume s <= g m * (t - s).
  Proof.
    intros le small. apply Rle_trans with (1 := volume_window s t le).
    apply Rmult_le_compat_r; [lra|].
    apply Rle_trans with (g (length (senders t))).
    - apply g_fastest; [apply NoDup_filter, seq_NoDup|]. intros i k.
      now apply filter_In in k.
    - apply g_grows, Nat.lt_succ_r, INR_lt. rewrite S_INR.
      apply Rmult_lt_reg_r with z; [assumption|]. pose proof (senders_few t). lra.
  Qed.

  Lemma volume_grows s t : s <= t -> volume s <= volume t.
  Proof.
    intros le. apply sum_le. intros e i. unfold chosen.
    pose proof (out_grows _ _ _ wf e s t i le). cases.
  Qed.

  Lemma volume_nonneg t : 0 <= volume t.
  Proof.
    apply sum_nonneg. intros e i. unfold chosen.
    pose proof (out_nonneg _ _ _ ok e t i). cases.
  Qed.

  Lemma volume_lipschitz s t : s <= t -> volume t - volume s <= G * (t - s).
  Proof.
    intros le. apply Rle_trans with (1 := volume_window s t le).
    apply Rmult_le_compat_r; [lra|].
    apply Rle_trans with (2 := g_total (length (senders t))).
    apply g_fastest; [apply NoDup_filter, seq_NoDup|]. intros i k. now apply filter_In in k.
  Qed.

  (** From a moment at which the source alone has sent all of it on. *)
  Theorem volume_needs from t0 t :
    from <= t -> volume from <= u 0%nat * (from - t0) -> reached g z (volume t) (t - t0).
  Proof.
    intros le alone. apply (volume_bound g z g_pos g_grows z_pos volume from t0 G); try assumption.
    - intros. now apply volume_grows.
    - intros. now apply volume_lipschitz.
    - pose proof (g_total 0). pose proof (g_pos 0). lra.
    - apply volume_nonneg.
    - intros. now apply volume_growth.
    - destruct (rank z z_pos (volume from) (volume_nonneg from)) as (m & low & high).
      exists m. repeat split; try assumption.
      apply Rle_trans with (line g z 0 (volume from)).
      + apply line_later; auto using g_pos with arith.
      + unfold line. simpl. apply Rmult_le_reg_r with (g 0%nat); [apply g_pos|].
        replace ((0 + (volume from - 0 * z) / g 0%nat) * g 0%nat) with (volume from)
          by (field; pose proof (g_pos 0%nat); lra).
        pose proof (volume_nonneg from). pose proof (g_source 0).
        assert (0 <= from - t0).
        { apply Rmult_le_reg_l with (u 0%nat); lra. }
        apply Rle_trans with (1 := alone). rewrite Rmult_comm. now apply Rmult_le_compat_l.
  Qed.

  (** k peers that have all of it. *)
  Lemma kth_volume L J t :
    (forall j, In j (peers net) -> L <= lag j) -> NoDup J ->
    (forall j, In j J -> completes f tr j t) ->
    INR (length J) * sum (size f) (filter q (pieces f)) <= volume (t - L).
  Proof.
    intros L_least distinct all. apply copies_received; [assumption|assumption| |].
    - apply sum_nonneg. intros c i. apply filter_In in i. left. now apply (positive _ _ _ wf).
    - intros j k. apply whole_pieces; [assumption|apply NoDup_filter,
      (Model.distinct _ _ _ wf)| |].
      + intros e i. apply only_nonneg. unfold chosen.
        pose proof (inn_nonneg _ _ _ ok e t i). cases.
      + intros c i. apply filter_In in i. destruct i as [i what].
        destruct (all j k c i) as (e & l & to & <- & whole). exists e. repeat split;
          try assumption.
        unfold only, chosen. destruct (Nat.eq_dec _ _); [|tauto]. now rewrite what.
  Qed.
End Swarm.
